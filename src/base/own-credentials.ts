/** The variables that authenticate this program to others: programs it starts do not get them, whatever they inherit besides. */

/** Globs, as in an environment policy. */
export const ownCredentialVariables = ['OPENAI_API_KEY', 'CODEX_API_KEY', 'CODEX_ACCESS_TOKEN', 'CODEX_EXEC_SERVER_NOISE_*'] as const;

const anyOfThem = new RegExp(`^(?:${ownCredentialVariables.join('|').replaceAll('*', '.*')})$`, 'i');
export const isOwnCredential = (name: string): boolean => anyOfThem.test(name);
