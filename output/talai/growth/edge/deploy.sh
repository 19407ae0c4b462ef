#!/bin/sh
# Deploys the edge. Needs Node.js 22 or newer, and in CLOUDFLARE_API_TOKEN a token of the account that may edit Workers
# scripts, KV storage, the zone's Workers routes, settings and WAF (and load balancers, for the last).
#
#   sh deploy.sh check            what wrangler would upload; asks nobody
#   sh deploy.sh worker           the Worker, its routes and its schedule
#   sh deploy.sh zone             firewall, rate limits, TLS and caching of the zone
#   sh deploy.sh load-balancing   the provider's load balancer instead of the Worker's routes, where it is rendered
set -eu
cd "$(dirname "$0")"

case "${1:-}" in
check)
  npx --yes wrangler@4.164.0 deploy --dry-run
  ;;
worker)
  : "${CLOUDFLARE_API_TOKEN:?set CLOUDFLARE_API_TOKEN}"
  npx --yes wrangler@4.164.0 deploy
  ;;
zone | load-balancing)
  : "${CLOUDFLARE_API_TOKEN:?set CLOUDFLARE_API_TOKEN}"
  node apply.mjs "$1"
  ;;
*)
  echo "usage: sh deploy.sh check|worker|zone|load-balancing" >&2
  exit 2
  ;;
esac
