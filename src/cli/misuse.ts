/** How the program says that it did not do what was asked. */

/** Ends with `status` once nothing keeps the program waiting. */
export function fail(message: string, status: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = status;
}

/** What is said about a command line that has no meaning. */
export const misuse = (message: string): string => `error: ${message}\n\nFor more information, try '--help'.`;

/** The status of a command line that has no meaning. */
export const misuseStatus = 2;
