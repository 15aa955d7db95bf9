#!/bin/sh
# Renders the Prometheus and Alertmanager templates for docker-compose.yml: the services' names and ports there.
set -eu
cd "$(dirname "$0")"
sed -e '1s/.*/# Made from prometheus.yml by deploy\/render.sh; change that file instead./' \
    -e 's|${rules}|/etc/prometheus/rules.yml|' \
    -e 's|${gateway}|gateway:9101|' -e 's|${streams}|streams:9102|' -e 's|${registry}|registry:9103|' \
    -e 's|${history}|history:9104|' -e 's|${alarms}|alarms:9105|' -e 's|${tickets}|tickets:9106|' \
    -e 's|${oncall}|oncall:9107|' -e 's|${notices}|notices:9110|' -e 's|${api}|api:9108|' -e 's|${api_beside}|api:9118|' \
    -e 's|${simulator}|simulator:9109|' \
    -e 's|${prometheus}|localhost:9090|' -e 's|${alertmanager}|alertmanager:9093|' \
    prometheus/prometheus.yml > prometheus/compose.yml
sed -e '1s/.*/# Made from alertmanager.yml by deploy\/render.sh; change that file instead./' \
    -e 's|${oncall_webhook}|oncall:9117|' -e 's|${token_file}|/run/secrets/webhook_token|' \
    alertmanager/alertmanager.yml > alertmanager/compose.yml
