/** What the extension writes down, and the report for support: without secrets. */

const secretName = /(key|secret|token|password|passwd|authorization|cookie|credential)/i;
const shapes: readonly RegExp[] = [
  /\b(?:sk|pk|ghp|gho|github_pat|xox[abprs]|glpat|npm)[-_][A-Za-z0-9_-]{8,}/g,
  /\bAKIA[0-9A-Z]{12,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g,
  /\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi,
  /(?<=:\/\/)[^/\s:@]+:[^/\s@]+(?=@)/g,
  /(?<=[?&](?:code|state|token|access_token|key)=)[^&\s"']+/gi,
];

/** The text with everything that looks like a secret replaced. */
export function redactText(text: string): string {
  const assigned = text.replace(/\b([\w.-]+)(["']?\s*[=:]\s*["']?)([^\s"',;]+)/g, (all, name: string, between: string) =>
    secretName.test(name) ? `${name}${between}[redacted]` : all,
  );
  return shapes.reduce((rest, shape) => rest.replace(shape, '[redacted]'), assigned);
}

/** The value with the members redacted whose name says secret, and texts by their shape. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value instanceof Error) return redactText(value.stack ?? value.message);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, secretName.test(name) ? '[redacted]' : redact(member)]));
}
