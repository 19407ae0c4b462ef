// What is true of this environment: change the spec and render again.
export default {
  "name": "talai",
  "environment": "staging",
  "hosts": [
    "api.staging.talai.io"
  ],
  "regions": [
    {
      "name": "us-west-2",
      "origin": "https://api.staging.talai.io",
      "weight": 0.5
    },
    {
      "name": "eu-west-1",
      "origin": "https://api-eu.staging.talai.io",
      "weight": 0.3
    },
    {
      "name": "ap-south-1",
      "origin": "https://api-ap.staging.talai.io",
      "weight": 0.2
    }
  ],
  "continents": {
    "AF": "eu-west-1",
    "AS": "ap-south-1",
    "EU": "eu-west-1",
    "NA": "us-west-2",
    "OC": "ap-south-1",
    "SA": "us-west-2"
  },
  "countries": {},
  "writes": "us-west-2",
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
      "path": "/health/region",
      "exact": true,
      "timeout": 5000
    },
    {
      "path": "/abstracts",
      "timeout": 91000
    },
    {
      "path": "/citations",
      "timeout": 61000
    },
    {
      "path": "/grants",
      "timeout": 91000
    },
    {
      "path": "/health",
      "timeout": 81000
    },
    {
      "path": "/ideas",
      "timeout": 61000
    },
    {
      "path": "/literature",
      "timeout": 61000
    },
    {
      "path": "/orchex",
      "timeout": 81000
    },
    {
      "path": "/prompts",
      "timeout": 31000
    },
    {
      "path": "/reviews",
      "timeout": 91000
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
      "path": "/citations",
      "edge": 300,
      "browser": 60,
      "stale": 3600
    },
    {
      "path": "/literature",
      "edge": 600,
      "browser": 60,
      "stale": 3600
    },
    {
      "path": "/prompts",
      "edge": 60,
      "browser": 30,
      "stale": 600
    }
  ],
  "origins": [
    "https://app.staging.talai.io"
  ],
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
    "cache": "TALAI_CACHE",
    "sessions": "TALAI_SESSIONS",
    "clients": "CLIENTS"
  }
};
