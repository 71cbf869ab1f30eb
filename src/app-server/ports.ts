/** What the server needs from the machine beyond an environment; given by whoever builds it. */

export interface FileWatcher {
  /**
   * Reports changes of a file, or of the children of a directory, as absolute paths; changes within 200 ms come together.
   * A path that does not exist yet may be watched. Rejects with a Node system error.
   */
  watch(path: string, onChange: (changedPaths: readonly string[]) => void): Promise<{ close(): unknown }>;
}
