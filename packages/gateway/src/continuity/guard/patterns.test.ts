import { parseName } from '@signpost/dns'
import { expect, test } from 'vitest'
import { readPatterns } from './patterns.ts'

test.each([
  ['example.com', 'example.com', true],
  ['example.com', 'EXAMPLE.Com.', true],
  ['example.com', 'www.example.com', false],
  ['example.com', 'example.org', false],
  ['*.example.com', 'example.com', false],
  ['*.example.com', 'www.example.com', true],
  ['*.EXAMPLE.com.', 'a.b.www.example.COM', true],
  ['*.example.com', 'wwwexample.com', false],
  ['*', 'com', true],
  ['*', 'www.example.com', true],
  ['*', '.', false],
])('%s covers %s: %s', (pattern, name, covered) => {
  expect(readPatterns([pattern], 'guard').covers(parseName(name))).toBe(covered)
})

test('without patterns no name is guarded, and one that is given twice stands once', () => {
  expect(readPatterns([], 'guard').covers(parseName('example.com'))).toBe(false)
  expect(readPatterns(['a.example', 'a.example', '*.b.example'], 'guard').texts).toEqual([
    'a.example',
    '*.b.example',
  ])
})

test.each([
  ['.', 'it is the root'],
  ['a..example', 'it is no domain name'],
  ['www.signpost.internal', 'signed zones'],
  ['*.signpost.internal', 'signed zones'],
])('%s is no pattern', (pattern, problem) => {
  const read = (): unknown => readPatterns(['ok.example', pattern], 'guard', [parseName('signpost.internal')])
  expect(read).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG', option: 'guard[1]' }))
  expect(read).toThrow(problem)
})
