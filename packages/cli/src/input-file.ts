import { readFile } from 'node:fs/promises'
import { FileNotFoundError } from './errors.ts'
import type { Streams } from './terminal.ts'

/** How errors call standard input. */
export const STANDARD_INPUT = 'standard input'

/** Reads a whole file; `-` is standard input. @throws FileNotFoundError, and system errors as they are. */
export async function readInput(file: string, { stdin }: Streams): Promise<Uint8Array> {
  if (file === '-') {
    const chunks: Buffer[] = []
    for await (const chunk of stdin as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  try {
    return await readFile(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw new FileNotFoundError(file, { cause })
    throw cause
  }
}

/** How a file is called in errors and in output. */
export function inputName(file: string): string {
  return file === '-' ? STANDARD_INPUT : file
}
