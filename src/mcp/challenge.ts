/** Reading `WWW-Authenticate`: what a server that refuses a request says about the credentials it wants. */

export interface BearerChallenge {
  readonly error: string | undefined;
  readonly scope: string | undefined;
  readonly resourceMetadata: string | undefined;
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const quoted = /^"((?:[^"\\]|\\.)*)"/s;

interface Challenge {
  readonly scheme: string;
  readonly params: Map<string, string>;
  readonly repeated: Set<string>;
}

/** The challenges of one header value, quoting respected; reading stops at the first thing that makes no sense. */
function challenges(value: string): Challenge[] {
  const found: Challenge[] = [];
  let rest = value;
  for (;;) {
    rest = rest.replace(/^[\s,]+/, '');
    const name = token.exec(rest)?.[0];
    if (name === undefined) return found;
    rest = rest.slice(name.length);
    const assigned = /^\s*=\s*/.exec(rest);
    const current = found.at(-1);
    if (!assigned) {
      found.push({ scheme: name.toLowerCase(), params: new Map(), repeated: new Set() });
      continue;
    }
    if (!current) return found;
    rest = rest.slice(assigned[0].length);
    const inQuotes = quoted.exec(rest);
    const raw = inQuotes?.[0] ?? token.exec(rest)?.[0];
    if (raw === undefined) return found;
    rest = rest.slice(raw.length);
    const key = name.toLowerCase();
    if (current.params.has(key)) current.repeated.add(key);
    current.params.set(key, inQuotes ? (inQuotes[1] ?? '').replace(/\\(.)/gs, '$1') : raw);
  }
}

const validScope = /^[\x21\x23-\x5b\x5d-\x7e]+(?: +[\x21\x23-\x5b\x5d-\x7e]+)*$/;

/** The first usable Bearer challenge. One that names its error twice is no challenge; a scope that is none is left out. */
export function bearerChallenge(values: readonly string[]): BearerChallenge | undefined {
  for (const { scheme, params, repeated } of values.flatMap(challenges)) {
    if (scheme !== 'bearer' || repeated.has('error')) continue;
    const scope = params.get('scope');
    return {
      error: params.get('error'),
      scope: scope !== undefined && validScope.test(scope) ? scope : undefined,
      resourceMetadata: params.get('resource_metadata'),
    };
  }
  return undefined;
}
