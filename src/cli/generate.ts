export async function generate(o: unknown): Promise<void> {
  void o;
}
