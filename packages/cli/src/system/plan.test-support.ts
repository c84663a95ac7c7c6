import type { Change, Plan, Scope } from './change.ts'
import { shell } from './describe.ts'
import type { Facts } from './facts.ts'
import { configPath } from './paths.ts'
import { planInstall } from './plan.ts'

export function planned(facts: Facts, scope: Scope = 'names', path = configPath(facts.platform, {})): Plan {
  return planInstall(facts, { scope, config: path })
}

/** A plan for people who judge it: everything but the sentences, and files that are shown once only. */
export function printed({ changes, notes, problems }: Plan, shownElsewhere: readonly string[] = []): string {
  return [
    ...problems.map(problem => `refused: ${problem}`),
    ...(problems.length > 0 ? [] : changes.flatMap(change => printedChange(change, shownElsewhere))),
    ...notes.map(note => `note: ${note}`),
    '',
  ].join('\n')
}

function printedChange(change: Change, shownElsewhere: readonly string[]): string[] {
  switch (change.kind) {
    case 'file': {
      const text = shownElsewhere.includes(change.path) ? ['…'] : change.content.trimEnd().split('\n')
      return [`file ${change.path} ${change.mode.toString(8)}`, ...text.map(line => `    ${line}`)]
    }
    case 'link':
      return [`link ${change.path} -> ${change.target}`]
    case 'command':
      return [
        ...(change.run === undefined ? [] : [`run ${shell(change.run)}`]),
        ...(change.undo === undefined ? [] : [`    at the end: ${shell(change.undo)}`]),
      ]
    case 'wait':
      return [`wait for ${change.suffix} at ${change.at.host} port ${change.at.port}`]
  }
}
