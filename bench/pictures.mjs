// Draws the README's pictures from real runs:
//   node bench/pictures.mjs demo              runs the demo on a terminal and draws what it printed
//   node bench/pictures.mjs bench FILE.json   draws the ratios of a bench run (its --json file) and writes docs/benchmarks.md
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pty from 'node-pty';
import { cli, root } from './shared.mjs';

const pictures = join(root, 'docs', 'pictures');
const columns = 108;
const escapeXml = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const palette = { 31: '#f47067', 32: '#6bc46d', 33: '#daaa3f', 34: '#6cb6ff', 35: '#dcbdfb', 36: '#56d4dd', 90: '#768390', 37: '#cdd9e5' };

/** Runs of text with one style each. */
function* styled(line) {
  let colour = '#adbac7';
  let bold = false;
  let dim = false;
  for (const part of line.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    const codes = /^\u001b\[([0-9;]*)m$/.exec(part)?.[1];
    if (codes === undefined) {
      if (part !== '' && !part.startsWith('\u001b')) yield { text: part, colour: dim ? '#768390' : colour, bold };
      continue;
    }
    for (const code of codes.split(';').map(Number)) {
      if (code === 0) [colour, bold, dim] = ['#adbac7', false, false];
      else if (code === 1) bold = true;
      else if (code === 2) dim = true;
      else if (code === 22) [bold, dim] = [false, false];
      else if (code === 39) colour = '#adbac7';
      else if (palette[code] ?? palette[code - 60]) colour = palette[code] ?? palette[code - 60];
    }
  }
}

/** Lines as a terminal of `columns` shows them; control sequences take no room. */
function wrapped(line, columns) {
  const rows = [''];
  let used = 0;
  for (const part of line.split(/(\u001b\[[0-9;?]*[A-Za-z])/)) {
    if (part.startsWith('\u001b')) rows[rows.length - 1] += part;
    else
      for (const character of part) {
        if (used === columns) {
          rows.push('');
          used = 0;
        }
        rows[rows.length - 1] += character;
        used += 1;
      }
  }
  return rows;
}

function terminalSvg(title, text) {
  const lines = text
    .replace(/\r/g, '')
    .split('\n')
    .flatMap((line) => wrapped(line, columns));
  const width = 900;
  const height = lines.length * 18 + 56;
  const rows = lines.map((line, index) => {
    const spans = [...styled(line)].map(
      ({ text: part, colour, bold }) => `<tspan fill="${colour}"${bold ? ' font-weight="bold"' : ''}>${escapeXml(part)}</tspan>`,
    );
    return `<text x="16" y="${52 + index * 18}" xml:space="preserve">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<rect width="100%" height="100%" rx="8" fill="#22272e"/><circle cx="18" cy="18" r="5" fill="#f47067"/><circle cx="36" cy="18" r="5" fill="#daaa3f"/><circle cx="54" cy="18" r="5" fill="#6bc46d"/>
<text x="76" y="22" fill="#768390">${escapeXml(title)}</text>
${rows.join('\n')}
</svg>
`;
}

async function demo() {
  // An empty home: nobody's shell profile has a say in the picture.
  const home = mkdtempSync(join(tmpdir(), 'switchyard-picture-'));
  const env = { PATH: process.env.PATH, HOME: home, TERM: 'xterm-256color' };
  const terminal = pty.spawn(process.execPath, [cli, 'demo', '--yes'], { cols: columns, rows: 50, env });
  let output = '';
  terminal.onData((data) => (output += data));
  await new Promise((resolve) => terminal.onExit(resolve));
  rmSync(home, { recursive: true, force: true });
  const shown = output.replace(/\/tmp\/switchyard-demo-\w+/g, '/tmp/demo').trim();
  writeFileSync(join(pictures, 'demo.svg'), terminalSvg('npm run demo', shown));
}

/** The rows a reader wants first; the page has them all. */
const chosen = [
  ['spawn→initialize (warm home)', 'start to the answer of initialize'],
  ['spawn→first turn done (warm home)', 'start to the end of a first turn'],
  ['steady text turn: TTFT', 'time to first token'],
  ['steady text turn: server CPU', 'CPU of a text turn'],
  ['command turn (true, no sandbox): total', 'a turn with a command'],
  ['command turn (true, workspace-write): total', 'the same, sandboxed'],
  ['approval turn (on-request): reply→command done', 'approval to the end of the command'],
  ['RSS idle after initialize', 'memory when idle'],
];

function benchSvg(rows) {
  const bars = chosen.flatMap(([name, label]) => {
    const row = rows.find((each) => each.name === name);
    return row?.ratio ? [{ label, ratio: row.ratio }] : [];
  });
  const height = bars.length * 34 + 56;
  const x = (ratio) => 290 + Math.min(ratio, 1.1) * 520;
  const marks = bars.map(
    ({ label, ratio }, index) =>
      `<text x="276" y="${58 + index * 34}" text-anchor="end" fill="#57606a">${escapeXml(label)}</text><rect x="290" y="${44 + index * 34}" width="${(x(ratio) - 290).toFixed(1)}" height="20" rx="3" fill="#2da44e"/><text x="${(x(ratio) + 8).toFixed(1)}" y="${58 + index * 34}" fill="#24292f" font-weight="bold">${ratio.toFixed(2)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="${height}" viewBox="0 0 900 ${height}" role="img" aria-label="Time relative to the reference; lower is better" font-family="system-ui, sans-serif" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#ffffff"/><text x="16" y="24" fill="#24292f" font-weight="bold">Switchyard relative to the reference (1.0); lower is better</text>
<line x1="${x(1)}" x2="${x(1)}" y1="34" y2="${height - 12}" stroke="#cf222e" stroke-dasharray="4 4"/>
${marks.join('\n')}
</svg>
`;
}

function bench(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(join(pictures, 'bench.svg'), benchSvg(report.rows));
  const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  const table = report.rows
    .filter((row) => row.ratio !== null && row.ratio !== undefined)
    .map(
      (row) =>
        `| ${row.name} | ${row.unit} | ${number(row.a.summary.median)} | ${number(row.b.summary.median)} | ${row.ratio.toFixed(3)}${row.better === 'higher' ? ' ↑' : ''} |`,
    );
  const { machine } = report;
  writeFileSync(
    join(root, 'docs', 'benchmarks.md'),
    `# Benchmarks

Switchyard against \`@openai/codex\` 0.169.0, both in one run on one machine (${machine.cpus} cores, ${Math.round(machine.memoryGb)} GB, Node ${machine.node.slice(1)}), rounds alternating
between the two so that noise hits both. Medians; below 1 means that Switchyard is lower, and ↑ marks figures where higher is better. Client,
mock model and server share the cores, so compare the columns with each other and with nothing else. \`npm run bench\` repeats it.

| measured | unit | Switchyard | reference | ratio |
|---|---|---|---|---|
${table.join('\n')}
`,
  );
}

mkdirSync(pictures, { recursive: true });
const [what, file] = process.argv.slice(2);
if (what === 'demo') await demo();
else if (what === 'bench' && file) bench(file);
else {
  console.error('usage: node bench/pictures.mjs demo | bench FILE.json');
  process.exitCode = 2;
}
