/** Serves. */
export async function serve(options: unknown): Promise<void> {
  void options;
}
