export async function doctor(o: unknown): Promise<void> {
  void o;
}
