"""Provisions the pinned tools and schemas into a cache: nothing here renders or judges anything."""
