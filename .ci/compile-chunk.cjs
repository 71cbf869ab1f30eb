'use strict';
// Writes V8's compiled form of a chunk, for the Node that runs this.
const { readFileSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');

const [file] = process.argv.slice(2);
const script = new Script(Module.wrap(readFileSync(file, 'latin1')), { filename: file });
const chunk = { exports: {} };
script.runInThisContext().call(chunk.exports, chunk.exports, Module.createRequire(file), chunk, file, dirname(file));
// After running, so that what the start needs is in it.
writeFileSync(`${file}.${process.version}-${process.arch}.cache`, script.createCachedData());
