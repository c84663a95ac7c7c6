import { PHASES } from '../phases.ts'
import { escapeMarkup } from './escape.ts'
import { printClock, printSeconds, printShare } from './format.ts'
import type { DrillRecord, Participant } from './record.ts'
import { PAGE_STYLE } from './page-style.ts'
import { type Tally, tallies } from './tally.ts'
import { drawTimeline } from './timeline.ts'
import type { Verdict } from './verdict.ts'

/** The report as one page that needs nothing else: no script, and nothing from elsewhere. */
export function printHtml(record: DrillRecord, verdict: Verdict): string {
  const rows = tallies(record).flatMap(tally => {
    const participant = record.participants.find(({ id }) => id === tally.contestant)
    return participant === undefined ? [] : [{ participant, tally }]
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The servers were up. The name was gone.</title>
<meta name="description" content="A replay of the DNS outage of 20 October 2025: who still found the name.">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="kicker">Outage drill · ${new Date(record.startedAt).toISOString().slice(0, 10)}</p>
<h1>The servers were up.<br><em>The name was gone.</em></h1>
<p class="lead">On 20 October 2025 a race between automated DNS writers left the name of a healthy cloud service with an empty answer,
and millions of people could not reach servers that were running. This is that outage once more, on one machine, with real
programs and real DNS: ${escapeMarkup(list(record.programs))} used <code>${escapeMarkup(record.name)}</code> once a second for
${escapeMarkup(printSeconds(record.length))}.</p>
</header>
<section class="cards">
${rows.map(({ participant, tally }) => card(participant, tally)).join('\n')}
</section>
${verdictLine(verdict, rows)}
<figure>
${drawTimeline(record)}
<figcaption><span class="key well"></span>all requests of that second succeeded <span class="key some"></span>some did
<span class="key lost"></span>none did <span class="key killed"></span>its resolver was killed <span class="key none"></span>not running yet</figcaption>
</figure>
<section class="columns">
<div>
<h2>What happened</h2>
<ol class="phases">
${record.phases.map(span => phaseItem(record, span.phase, span.from)).join('\n')}
</ol>
</div>
<div>
<h2>Minute by minute</h2>
<dl class="log">
${record.happenings.map(({ at, what }) => `<dt>${printClock(at)}</dt><dd>${escapeMarkup(what)}</dd>`).join('\n')}
</dl>
</div>
</section>
<section>
<h2>In figures</h2>
<div class="scroll"><table>
<thead><tr><th>resolver</th><th>requests</th><th>failures</th><th>of these, while killed</th><th>longest gap</th><th>answered when all came back</th></tr></thead>
<tbody>
${rows.map(tableRow).join('\n')}
</tbody>
</table></div>
${record.absent.map(({ title, reason }) => `<p class="small">${escapeMarkup(title)} did not take part: ${escapeMarkup(reason)}.</p>`).join('\n')}
</section>
<section class="small">
<h2>How it was done</h2>
<ul>
${facts(record)
  .map(fact => `<li>${fact}</li>`)
  .join('\n')}
</ul>
</section>
<footer>Made by <code>signpost drill</code> (signpost ${escapeMarkup(record.version)}). Run it yourself: it needs nothing but Node, sends nothing beyond
the machine, and takes less than three minutes.</footer>
</main>
</body>
</html>
`
}

function card({ title, about, detail }: Participant, { requests, failures, whileKilled }: Tally): string {
  const lost = failures - whileKilled
  const besides =
    whileKilled === 0 ? '' : `<br><span class="aside">and ${whileKilled} while its process was killed</span>`
  return `<div class="card ${lost === 0 ? 'good' : 'bad'}"><div class="who"><h3>${escapeMarkup(title)}</h3><p class="detail">${escapeMarkup(detail)}</p></div>
<p class="figure">${printShare(lost, requests)}</p><p>of requests lost${besides}</p><p class="about">${escapeMarkup(about)}</p></div>`
}

function verdictLine(verdict: Verdict, rows: readonly Row[]): string {
  switch (verdict.kind) {
    case 'held': {
      const plain = rows.find(({ participant }) => participant.id === 'plain')?.tally
      const ours = rows.filter(({ participant }) => participant.promises)
      const killed = ours.some(({ tally }) => tally.whileKilled > 0)
      const besides = killed ? ', but for those that were made while its process was killed' : ''
      return `<p class="verdict good">Plain DNS lost ${plain?.failures ?? 0} of ${plain?.requests ?? 0} requests. Signpost lost none${besides}.</p>`
    }
    case 'lost':
      return `<p class="verdict bad">Signpost lost ${verdict.lost.length} requests that it should not have.</p>`
    case 'void':
      return `<p class="verdict bad">This drill shows nothing: ${escapeMarkup(verdict.problems.join('; '))}.</p>`
  }
}

interface Row {
  readonly participant: Participant
  readonly tally: Tally
}

function phaseItem(record: DrillRecord, phase: string, from: number): string {
  const { title = '', about = '' } = PHASES.find(({ id }) => id === phase) ?? {}
  return `<li><b>${escapeMarkup(title)}</b> <span class="at">${printClock(from)}</span><br>${escapeMarkup(about)}</li>`
}

function tableRow({ participant: { title, herd }, tally }: Row): string {
  const { requests, failures, whileKilled, longestGap } = tally
  const back = herd === undefined ? '–' : `${herd.answered} of ${herd.sent}`
  const cells = [requests, failures, whileKilled, printSeconds(longestGap), back]
  return `<tr><th>${escapeMarkup(title)}</th>${cells.map(cell => `<td>${cell}</td>`).join('')}</tr>`
}

function facts({ authority, peers, ownSpace, shortened, name, standbyServed }: DrillRecord): string[] {
  return [
    `The provider's DNS is ${escapeMarkup(authority)}, kept by a planner and three writers, each a process. Nothing made them collide but time.`,
    `The service ran all the time, and every resolver was asked for <code>${escapeMarkup(name)}</code> in the ordinary way: programs know nothing of this.`,
    ownSpace
      ? 'Programs ran in a network of their own with their own resolv.conf, as on a machine that has this resolver alone.'
      : 'Programs were told which resolver to ask, since this system gives them no network of their own.',
    `${peers} peers, each a process, held signed records; a third of them froze (SIGSTOP) in the outage.`,
    'Every resolver was ended with SIGKILL and started again in the middle of it. Requests that failed while it was away are counted, and are nobody’s fault.',
    ...(standbyServed === undefined
      ? []
      : [
          `${standbyServed} requests were served at an address that is in the owner's signed zone alone: what the owner signed did answer.`,
        ]),
    ...shortened.map(
      ({ limit, here, usual }) =>
        `<code>${escapeMarkup(limit)}</code> was ${escapeMarkup(here)} for this drill; usually it is ${escapeMarkup(usual)}.`,
    ),
  ]
}

function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}
