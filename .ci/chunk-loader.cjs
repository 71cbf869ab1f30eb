'use strict';
// Loads the chunk beside this file. When V8's compiled form of it was made for this Node, parsing is skipped.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { Script } = require('node:vm');

const file = __filename.replace(/\.cjs$/, '.chunk.cjs');
// The bundler writes ASCII only, which is read fastest as latin1.
let cachedData;
try {
  cachedData = readFileSync(`${file}.${process.version}-${process.arch}.cache`);
} catch {
  // Made by another Node: plain loading works everywhere.
}
if (cachedData) {
  const script = new Script(Module.wrap(readFileSync(file, 'latin1')), { filename: file, cachedData });
  script.runInThisContext().call(module.exports, module.exports, require, module, file, __dirname);
} else module.exports = require(file);
