import { expect, test } from 'vitest'
import type { EnactorReport } from './enactor-settings.ts'
import { RaceStory } from './race-story.ts'

function told(...reports: readonly EnactorReport[]): (string | undefined)[] {
  const story = new RaceStory()
  return reports.map(report => story.tell(report))
}

test('nothing is said of writers that do what they should', () => {
  expect(
    told(
      { kind: 'applied', enactor: 'a', plan: 5 },
      { kind: 'deleted', enactor: 'a', plan: 2 },
      { kind: 'applied', enactor: 'b', plan: 6 },
    ),
  ).toEqual([undefined, undefined, undefined])
})

test('an old plan over a newer one, its deletion, and who cannot go on are told, each once', () => {
  expect(
    told(
      { kind: 'delayed', enactor: 'c', plan: 3 },
      { kind: 'applied', enactor: 'a', plan: 9 },
      { kind: 'applied', enactor: 'c', plan: 3 },
      { kind: 'deleted', enactor: 'a', plan: 2 },
      { kind: 'deleted', enactor: 'a', plan: 3 },
      { kind: 'stuck', enactor: 'b', plan: 3 },
      { kind: 'stuck', enactor: 'b', plan: 3 },
    ),
  ).toEqual([
    'c has checked plan 3, and is delayed before it applies it',
    undefined,
    'c applies its old plan 3 over plan 9',
    undefined,
    'a cleans up and deletes plan 3, which is active',
    'b gives up: the active plan 3 is gone',
    undefined,
  ])
})
