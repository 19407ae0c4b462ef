// What is true of this environment: change the spec and render again.
export default {
  "name": "atlas",
  "environment": "live",
  "hosts": [
    "maps.example.com"
  ],
  "regions": [
    {
      "name": "us-east-1",
      "origin": "https://maps.example.com",
      "weight": 0.7
    }
  ],
  "continents": {
    "NA": "us-east-1",
    "SA": "us-east-1"
  },
  "countries": {},
  "writes": "us-east-1",
  "health": "/health/region",
  "methods": [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS"
  ],
  "paths": [
    {
      "path": "/health",
      "exact": true,
      "timeout": 5000
    },
    {
      "path": "/health/region",
      "exact": true,
      "timeout": 5000
    },
    {
      "path": "/",
      "timeout": 46000
    },
    {
      "path": "/maps",
      "timeout": 46000
    }
  ],
  "failover": {
    "attempts": 3,
    "timeout": null,
    "unhealthy": 3,
    "probe": 60000
  },
  "sessions": {
    "affinity": 3600,
    "settle": 10
  },
  "cache": [
    {
      "path": "/maps",
      "edge": 600,
      "browser": 60,
      "stale": 3600
    }
  ],
  "origins": [],
  "headers": {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY"
  },
  "limits": {
    "body": 1048576,
    "types": [
      "application/json"
    ],
    "depth": 32
  },
  "bindings": {
    "cache": "ATLAS_CACHE",
    "sessions": "ATLAS_SESSIONS",
    "clients": "CLIENTS"
  }
};
