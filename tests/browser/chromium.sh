#!/usr/bin/env bash
# Finds a Chromium for the browser journeys, or installs Debian's when run as root; says so when neither is possible.
for name in "${CHROMIUM:-}" chromium google-chrome chromium-browser; do
  if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Debian's chromium for the browser journeys."
  if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; then exit 0; fi
  echo "browser journeys skipped: Debian's chromium could not be installed"
  exit 0
fi
echo "browser journeys skipped: no Chromium found (set CHROMIUM, or install chromium or google-chrome)"
