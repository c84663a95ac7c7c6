export type Axis = LinearAxis | LogarithmicAxis

interface LinearAxis {
  readonly label: string
  readonly max: number
  readonly step: number
}

interface LogarithmicAxis {
  readonly label: string
  readonly min: number
  readonly max: number
  readonly ticks: readonly number[]
}

export interface Line {
  readonly what: string
  readonly points: readonly (readonly number[])[]
  /** What was measured is marked point by point, what follows from it is not. */
  readonly style?: 'line' | 'marked' | 'dashed'
}

export interface Chart {
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

const [WIDTH, HEIGHT] = [720, 380]
const PLOT = { left: 60, right: 20, top: 48, bottom: 84 }
const COLOURS = ['#b3261e', '#c77700', '#00695c', '#1f4e9c']

/** Line charts as SVG, one below the other, which look the same on a dark page. */
export function drawCharts(...charts: readonly Chart[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT * charts.length}" font-family="sans-serif" font-size="13">`,
    `<title>${charts.map(({ title }) => title).join('; ')}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT * charts.length}" fill="#ffffff"/>`,
    ...charts.flatMap((chart, at) => {
      const elements = elementsOf(chart)
      return at === 0 ? elements : [`<g transform="translate(0 ${HEIGHT * at})">`, ...elements, '</g>']
    }),
    '</svg>\n',
  ].join('\n')
}

function elementsOf({ title, x, y, lines }: Chart): string[] {
  const width = WIDTH - PLOT.left - PLOT.right
  const height = HEIGHT - PLOT.top - PLOT.bottom
  const across = (value: number): string => (PLOT.left + shareOf(x, value) * width).toFixed(1)
  const up = (value: number): string => (PLOT.top + height - shareOf(y, value) * height).toFixed(1)
  const bottom = PLOT.top + height
  return [
    `<text x="${PLOT.left}" y="26" font-size="16" fill="#202020">${title}</text>`,
    ...ticks(y).flatMap(value => [
      `<path d="M${PLOT.left} ${up(value)}H${WIDTH - PLOT.right}" stroke="#d8d8d8"/>`,
      `<text x="${PLOT.left - 8}" y="${up(value)}" dy="4" text-anchor="end" fill="#404040">${value}</text>`,
    ]),
    ...ticks(x).map(
      value =>
        `<text x="${across(value)}" y="${bottom + 18}" text-anchor="middle" fill="#404040">${value}</text>`,
    ),
    `<text x="${PLOT.left + width / 2}" y="${bottom + 38}" text-anchor="middle" fill="#404040">${x.label}</text>`,
    `<text transform="translate(18 ${PLOT.top + height / 2}) rotate(-90)" text-anchor="middle" fill="#404040">${y.label}</text>`,
    ...lines.flatMap(({ what, points, style = 'line' }, at) => {
      const colour = COLOURS[at % COLOURS.length]
      const places = points.map(([a = 0, b = 0]) => [across(a), up(b)] as const)
      const left = PLOT.left + (at * width) / lines.length
      const stroke = `stroke="${colour}" stroke-width="2.5"${style === 'dashed' ? ' stroke-dasharray="4 4"' : ''}`
      const marks = style === 'marked' ? places : []
      return [
        `<polyline points="${places.map(place => place.join(',')).join(' ')}" fill="none" ${stroke}/>`,
        ...marks.map(([a, b]) => `<circle cx="${a}" cy="${b}" r="4" fill="${colour}"/>`),
        `<path d="M${left} ${HEIGHT - 18}h24" ${stroke}/>`,
        `<text x="${left + 30}" y="${HEIGHT - 14}" fill="#202020">${what}</text>`,
      ]
    }),
  ]
}

/** How far along an axis a value is, from 0 to 1. */
function shareOf(axis: Axis, value: number): number {
  if ('step' in axis) return value / axis.max
  return Math.log(value / axis.min) / Math.log(axis.max / axis.min)
}

function ticks(axis: Axis): readonly number[] {
  if ('ticks' in axis) return axis.ticks
  return Array.from({ length: Math.floor(axis.max / axis.step) + 1 }, (_, at) => at * axis.step)
}
