import { expect, test } from 'vitest'
import { printClock, printSeconds, printShare } from './format.ts'

test('stretches are written in seconds, and in minutes where there are some', () => {
  expect([0, 950, 59_940, 65_000].map(printSeconds)).toEqual(['–', '0.9 s', '59.9 s', '1 min 5 s'])
})

test('moments are minutes and seconds', () => {
  expect([0, 65_999, 600_000].map(printClock)).toEqual(['0:00', '1:05', '10:00'])
})

test('a share is all or none only where it is', () => {
  expect([
    printShare(3, 3),
    printShare(0, 3),
    printShare(9999, 10_000),
    printShare(1, 10_000),
    printShare(0, 0),
  ]).toEqual(['100 %', '0 %', '99.9 %', '0.1 %', '–'])
})
