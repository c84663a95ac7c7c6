/** What the page looks like, in light and in dark. */
export const PAGE_STYLE: string = `
:root { --ink: #1d1f24; --soft: #626874; --line: #dcdee3; --page: #f5f5f2; --paper: #ffffff; --good: #1f8a5f; --bad: #c7322a; --some: #e2a03f; --killed: #9aa3b2; --none: #e6e8ec; --well: #2a9d6f; --lost: #d2382f; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceef2; --soft: #9aa1ad; --line: #2d323a; --page: #0e1013; --paper: #15181d; --good: #3fc28f; --bad: #f2685d; --some: #e9b050; --killed: #6b7482; --none: #262b32; --well: #36b583; --lost: #ef5a4e; } }
* { box-sizing: border-box; margin: 0; }
body { background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; padding: 48px 20px 64px; }
main { max-width: 1120px; margin: 0 auto; display: grid; grid-template-columns: minmax(0, 1fr); gap: 40px; }
.kicker { color: var(--soft); font-size: 13px; letter-spacing: .08em; text-transform: uppercase; margin-bottom: 14px; }
h1 { font-size: clamp(34px, 6vw, 62px); line-height: 1.04; letter-spacing: -.03em; font-weight: 750; }
h1 em { font-style: normal; color: var(--bad); }
h2 { font-size: 19px; letter-spacing: -.01em; margin-bottom: 14px; }
.lead { max-width: 760px; margin-top: 22px; font-size: 18px; color: var(--soft); }
.lead code { color: var(--ink); }
code { font: .92em ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 190px), 1fr)); gap: 12px; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 18px; display: flex; flex-direction: column; border-top: 4px solid var(--bad); }
.card.good { border-top-color: var(--good); }
.card h3 { font-size: 15px; line-height: 1.3; }
.card .who { min-height: 76px; } .card .detail { color: var(--soft); font-size: 13px; line-height: 1.35; margin-top: 2px; }
.card .figure { font-size: 42px; font-weight: 750; letter-spacing: -.03em; line-height: 1.15; color: var(--bad); font-variant-numeric: tabular-nums; }
.card.good .figure { color: var(--good); }
.card .about { color: var(--soft); font-size: 13px; line-height: 1.4; margin-top: 10px; }
.verdict { font-size: 20px; font-weight: 650; padding: 16px 20px; border-radius: 12px; background: var(--paper); border: 1px solid var(--line); border-left: 6px solid var(--bad); }
.verdict.good { border-left-color: var(--good); }
figure { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 14px; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 720px; height: auto; }
figcaption { color: var(--soft); font-size: 13px; padding: 6px 16px 4px; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin: 0 6px -1px 14px; background: var(--none); }
.key:first-child { margin-left: 0; } .key.well { background: var(--well); } .key.some { background: var(--some); } .key.lost { background: var(--lost); } .key.killed { background: var(--killed); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 40px; }
.phases { padding-left: 22px; display: grid; gap: 12px; } .phases li::marker { color: var(--soft); }
.at { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; white-space: nowrap; }
.aside { color: var(--soft); font-size: 13px; line-height: 1.3; display: inline-block; }
.log { display: grid; grid-template-columns: 48px 1fr; gap: 6px 8px; font-size: 14px; }
.log dt { color: var(--soft); font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
th, td { text-align: right; padding: 11px 16px; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; } tbody tr:last-child > * { border-bottom: 0; } thead th { color: var(--soft); font-weight: 500; font-size: 13px; }
.small { font-size: 14px; color: var(--soft); } .small h2 { color: var(--ink); } .small ul { padding-left: 18px; display: grid; gap: 6px; }
footer { color: var(--soft); font-size: 14px; border-top: 1px solid var(--line); padding-top: 20px; }
@media print { body { padding: 0; background: none; } }
`
