/**
 * Starts the bundled server inside an editor's own Node. What makes the editor act as Node must not reach the commands it
 * runs; and when the keeper is gone without a word, which ends this program's input, the server leaves too.
 */
import { createRequire } from 'node:module';

delete process.env.ELECTRON_RUN_AS_NODE;
process.argv.splice(1, 1);
const [, program = ''] = process.argv;
// A server that does not listen speaks over its input, and leaves by itself when that ends.
if (process.argv.includes('--listen')) process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume();
createRequire(program)(program);
