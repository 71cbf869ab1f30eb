/** Which certificate authorities outbound TLS trusts: Node's own, the system's, and those the user names. */
import { readFile } from 'node:fs/promises';
import * as tls from 'node:tls';

/** Variables that name a PEM file with further authorities. */
const variables = ['CODEX_CA_CERTIFICATE', 'SSL_CERT_FILE'];
/** Where Linux systems and BSDs keep their bundle; the first that exists counts. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const certificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

async function readPem(path: string): Promise<string[] | undefined> {
  try {
    return (await readFile(path, 'utf8')).match(certificate) ?? [];
  } catch {
    // A bundle that is not there adds nothing.
    return undefined;
  }
}

async function systemCertificates(): Promise<readonly string[]> {
  if ('getCACertificates' in tls && typeof tls.getCACertificates === 'function') return tls.getCACertificates('system');
  for (const path of systemBundles) {
    const found = await readPem(path);
    if (found) return found;
  }
  return [];
}

/** PEM texts without repeats, or undefined when Node's own list is all there is. Never rejects. */
export async function trustedCertificates(env: Readonly<Record<string, string | undefined>>): Promise<readonly string[] | undefined> {
  const named = variables.map((name) => env[name]).filter((path) => path !== undefined && path !== '');
  const extra = (await Promise.all(named.map((path) => readPem(path ?? '')))).flatMap((found) => found ?? []);
  const system = await systemCertificates().catch(() => []);
  if (extra.length + system.length === 0) return undefined;
  const node =
    'getCACertificates' in tls && typeof tls.getCACertificates === 'function' ? tls.getCACertificates('default') : tls.rootCertificates;
  return [...new Set([...node, ...system, ...extra].map((pem) => pem.trim()))];
}
