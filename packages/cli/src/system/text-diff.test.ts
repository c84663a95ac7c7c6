import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines } from './text-diff.ts'

test('lines that differ are shown with some that do not', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\n'
  expect(diffLines(before, 'a\nb\nc\nD\ne\nf\ng\n')).toEqual([
    '  b',
    '  c',
    '- d',
    '+ D',
    '  e',
    '  f',
    '  …',
  ])
  expect(diffLines('', 'x\n')).toEqual(['+ x'])
  expect(diffLines('x\n', '')).toEqual(['- x'])
  expect(diffLines(before, before)).toEqual([])
})

test('what is taken away and what is put in make the one out of the other', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const changes = diffLines(
        before.map(line => `${line}\n`).join(''),
        after.map(line => `${line}\n`).join(''),
      )
      const count = (mark: string, line: string): number =>
        changes.filter(one => one === `${mark} ${line}`).length
      for (const line of ['a', 'b', 'c'])
        expect(before.filter(one => one === line).length - count('-', line) + count('+', line)).toBe(
          after.filter(one => one === line).length,
        )
    }),
  )
})
