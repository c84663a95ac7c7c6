/** Those who hear of something for as long as they want. */
export class Listeners<T> {
  private readonly listeners = new Set<(value: T) => void>()

  /** @param signal ends it. */
  listen(listener: (value: T) => void, signal: AbortSignal): void {
    this.listeners.add(listener)
    signal.addEventListener('abort', () => this.listeners.delete(listener), { once: true })
  }

  /** @returns how many were told. */
  tell(value: T): number {
    for (const listener of this.listeners) listener(value)
    return this.listeners.size
  }
}
