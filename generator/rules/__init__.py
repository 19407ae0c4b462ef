"""Rules for what no schema can see: each is a function over parsed objects, with a page that explains it beside it."""
