import { NotConfirmedError, UsageError } from './errors.ts'
import type { Terminal } from './terminal.ts'

/**
 * Asks before something that cannot be undone.
 * @param answer what the user has to type.
 * @throws NotConfirmedError, UsageError where there is nobody to ask.
 */
export async function confirm(
  terminal: Terminal,
  question: string,
  options: { readonly yes: boolean; readonly answer: string },
): Promise<void> {
  if (options.yes) return
  if (!terminal.interactive)
    throw new UsageError('there is no terminal to ask on; say --yes if you mean it. Nothing was changed')
  const answer = await terminal.ask(`${question}\nType ${options.answer} to go on: `)
  if (answer.trim() !== options.answer) throw new NotConfirmedError('not confirmed; nothing was changed')
}
