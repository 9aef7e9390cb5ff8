// Icons as SVG paths, so that they look the same with all fonts.

import type { JSX } from "preact";

const paths = {
  cog: "M7 1h2l.4 1.9 1.3.6 1.7-1 1.4 1.4-1 1.7.5 1.3 1.9.4v2l-1.9.4-.5 1.3 1 1.7-1.4 1.4-1.7-1-1.3.5L9 15H7l-.4-1.9-1.3-.5-1.7 1-1.4-1.4 1-1.7-.5-1.3L1 9V7l1.9-.4.5-1.3-1-1.7 1.4-1.4 1.7 1 1.3-.6zM8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8z",
  maintenance: "M13.8 3.2 11.5 5.5 9.8 5l-.4-1.6 2.2-2.3A4.3 4.3 0 0 0 6.2 6.5L1.3 11.4a1.9 1.9 0 0 0 2.7 2.7l4.9-4.9a4.3 4.3 0 0 0 4.9-6z",
  "logs-updates": "M1 3l6 5-6 5zM8 3l6 5-6 5z",
  filters: "M1 2h14L9.5 9v5l-3-1.5V9z",
  snapshots: "M5.5 2h5l1 2H15v10H1V4h3.5zM8 6a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  star: "M8 1l2.1 4.6 4.9.6-3.6 3.4.9 5L8 12.2 3.7 14.6l.9-5L1 6.2l4.9-.6z",
  writeable: "M11.5 1.5l3 3L5.5 13.5 1.5 14.5l1-4z",
  "pseudo-gtid": "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM7 4h2v3h3v2H9v3H7V9H4V7h3z",
  gtid: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7h8v2H4z",
  errant: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM5.4 4 8 6.6 10.6 4 12 5.4 9.4 8l2.6 2.6-1.4 1.4L8 9.4 5.4 12 4 10.6 6.6 8 4 5.4z",
  unfinished: "M3 1h10v2l-3.5 5L13 13v2H3v-2l3.5-5L3 3z",
  warnings: "M8 1l7.5 14H.5zM7.2 6v4h1.6V6zm0 5.2v1.6h1.6v-1.6z",
  "multi-source": "M1 2h4l3 4 3-4h4v2h-3L9 8v6H7V8L4 4H1z",
  menu: "M1 3h14v2H1zM1 7h14v2H1zM1 11h14v2H1z",
  close: "M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8l4.6 4.6-1.4 1.4L8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z",
  down: "M2 5h12l-6 7z",
  plus: "M7 2h2v5h5v2H9v5H7V9H2V7h5z",
  minus: "M2 7h12v2H2z",
  fit: "M1 1h5v2H3v3H1zM10 1h5v5h-2V3h-3zM1 10h2v3h3v2H1zM13 10h2v5h-5v-2h3z",
  search: "M6.5 1a5.5 5.5 0 1 0 3.3 9.9L14 15l1-1-4.1-4.2A5.5 5.5 0 0 0 6.5 1zm0 2a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
  problem: "M8 1l7.5 14H.5zM7.2 6v4h1.6V6zm0 5.2v1.6h1.6v-1.6z",
} as const;

export type IconName = keyof typeof paths;

// `text` is the meaning of the icon, if no text beside it says so.
export function Icon({ name, text }: { name: IconName; text?: string }): JSX.Element {
  const meaning = text === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": text };
  return (
    <svg class="icon" viewBox="0 0 16 16" {...meaning}>
      <path d={paths[name]} fill-rule="evenodd" />
    </svg>
  );
}
