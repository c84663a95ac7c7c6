import { expect, test } from 'vitest'
import { cellsOf, runsOf } from './cells.ts'
import { printHtml } from './html.ts'
import { drillOf, inOutage, participant } from './records.test-support.ts'
import { drawTimeline } from './timeline.ts'
import { judge } from './verdict.ts'

const record = drillOf(({ contestant, at }) => contestant === 'plain' && inOutage({ at }))

test('a second is well, lost, some of both, or empty', () => {
  const request = { contestant: 'plain', program: 'a', took: 1 } as const
  const requests = [
    { ...request, at: 0 },
    { ...request, at: 1000 },
    { ...request, at: 1999, problem: 'lost' },
    { ...request, at: 2000, problem: 'lost' },
    { ...request, at: 5000 },
  ]
  expect(cellsOf(requests, participant('plain'), 4000)).toEqual(['well', 'some', 'lost', 'none'])
})

test('equal seconds beside one another are one piece of the picture', () => {
  expect(runsOf(['well', 'well', 'lost', 'well'])).toEqual([
    { cell: 'well', from: 0, length: 2 },
    { cell: 'lost', from: 2, length: 1 },
    { cell: 'well', from: 3, length: 1 },
  ])
})

test('the picture has a lane for each contestant, and says in words what it shows', () => {
  const svg = drawTimeline(record)
  expect(svg).toContain('aria-label="plain: 30 of 60 requests lost; guard: 0 of 60 requests lost"')
  expect(svg.match(/<rect class="lost"/g)).toHaveLength(1)
  expect(svg.match(/<rect class="well"/g)).toHaveLength(3)
})

test('seconds in which a resolver lost something only because it was killed are told apart', () => {
  const requests = record.requests.filter(({ contestant }) => contestant === 'plain')
  const killed = participant('plain', { down: [{ from: 20_500, to: 22_500 }] })
  expect(cellsOf(requests, killed, 60_000).slice(19, 24)).toEqual([
    'well',
    'lost',
    'killed',
    'killed',
    'lost',
  ])
  expect(drawTimeline({ ...record, participants: [killed] })).toContain('2 while killed')
})

test('the page needs nothing from elsewhere, has no script, and shows texts as they are', () => {
  const page = printHtml(record, judge(record))
  const addresses = page.match(/https?:\/\/[^"' )]+/g)
  expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']))
  expect(page).not.toMatch(/<script|<link|@import|url\(|\ssrc=|\son\w+=/)
  expect(page).toContain('a &lt;b&gt; &amp; &quot;c&quot;')
})

test('the page says what was shortened, and what the drill shows', () => {
  expect(printHtml(record, { kind: 'held' })).toContain(
    '<code>patience</code> was 1 s for this drill; usually it is 6 h.',
  )
  expect(printHtml(record, { kind: 'held' })).toContain(
    'Plain DNS lost 30 of 60 requests. Signpost lost none.',
  )
  expect(printHtml(record, { kind: 'void', problems: ['there was no <outage>'] })).toContain(
    'there was no &lt;outage&gt;',
  )
})
