import { quoted } from '../run.ts'
import type { Change, Command, FileChange, LinkChange } from './change.ts'
import type { Disk } from './effects/disk.ts'
import { type Changed, fateOf } from './effects/install.ts'
import type { Journal } from './effects/journal.ts'
import { type State, sameState, stateAfter, textOf } from './effects/state.ts'
import { diffLines } from './text-diff.ts'

/** Every change of a plan in words, files with the lines that differ. */
export async function describeChanges(changes: readonly Change[], disk: Disk): Promise<string[]> {
  const lines: string[] = []
  for (const change of changes) lines.push(...(await describeChange(change, disk)))
  return lines
}

async function describeChange(change: Change, disk: Disk): Promise<string[]> {
  switch (change.kind) {
    case 'command':
      return change.run === undefined ? [] : [`run   ${shell(change.run)}`, `      ${change.sentence}`]
    case 'wait':
      return [`wait  ${change.sentence}`]
    case 'file':
    case 'link':
      return describePlace(change, await disk.look(change.path), disk)
  }
}

function describePlace(change: FileChange | LinkChange, before: State, disk: Disk): string[] {
  const after = stateAfter(change, disk.owner)
  const verb = before.kind === 'absent' ? 'write' : 'replace'
  const what = change.kind === 'file' ? `, mode ${change.mode.toString(8).padStart(4, '0')}` : ''
  if (sameState(before, after)) return [`keep  ${change.path}, which is as it should be`]
  return [
    `${verb} ${change.path}${what}`,
    `      ${change.sentence}`,
    ...diffLines(shown(before), shown(after)).map(line => `      ${line}`),
  ]
}

/** What undoing a journal does, last things first. */
export async function describeUndoing({ steps }: Journal, disk: Disk, changed: Changed): Promise<string[]> {
  const lines: string[] = []
  for (const step of steps.toReversed())
    if (step.kind === 'command') {
      if (step.undo !== undefined) lines.push(`run   ${shell(step.undo)}`)
    } else {
      const found = await disk.look(step.path)
      if (sameState(found, step.before)) continue
      if ((await fateOf(step, disk, changed)) === 'left') {
        lines.push(`leave ${step.path}, which somebody has changed`)
        continue
      }
      lines.push(
        `${step.before.kind === 'absent' ? 'remove' : 'restore'} ${step.path}`,
        ...diffLines(shown(found), shown(step.before)).map(line => `      ${line}`),
      )
    }
  return lines
}

/** A command as it can be given to a shell. */
export function shell(command: Command): string {
  return command.map(quoted).join(' ')
}

function shown(state: State): string {
  return state.kind === 'link' ? `(a link to ${state.target})` : (textOf(state) ?? '')
}
