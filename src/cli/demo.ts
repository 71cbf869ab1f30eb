export async function demo(o: unknown): Promise<void> {
  void o;
}
