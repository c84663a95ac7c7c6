/** An answer as it is kept outside of memory. */
export interface SavedAnswer {
  /** The key that it has in the cache. */
  readonly key: string
  readonly octets: Uint8Array
}

/** What becomes of a key: its answer, or nothing any more. */
export interface Change {
  readonly key: string
  readonly octets: Uint8Array | undefined
}

/** Where answers outlive the process. */
export interface AnswerStore {
  /** All answers, some at a time, so that the event loop has its turns. Rejects where they cannot be read. */
  slices(): AsyncIterable<readonly SavedAnswer[]>
  /** All changes or none. Rejects where they cannot be written; a later call may work again. */
  write(changes: readonly Change[]): Promise<void>
  /**
   * Puts all that is there aside and goes on empty.
   * @returns where it is now. Rejects where that cannot be done.
   */
  setAside(): Promise<string>
  close(): Promise<void>
}
