// The page's few icons, drawn as lines in the text's colour. They are decoration: the control beside them has the name.

const SHAPES = {
  bolt: ["M11 2.5 4.5 11.5H9l-1 6L15.5 8.5H11z"],
  send: ["M3 10 17 3.5 13 17l-3.5-5.5z", "M9.5 11.5 17 3.5"],
  copy: ["M7.5 7.5h8v9h-8z", "M12.5 7.5v-4h-8v9h3"],
  check: ["M4 10.5 8 14.5 16 5.5"],
  close: ["M5 5 15 15", "M15 5 5 15"],
  eye: ["M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5z", "M10 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"],
  hash: ["M8 3.5 6.5 16.5", "M13.5 3.5 12 16.5", "M4 7.5h13", "M3 12.5h13"],
  lock: ["M5 9h10v7.5H5z", "M7 9V6.5a3 3 0 0 1 6 0V9"],
  home: ["M3 9.5 10 3.5l7 6", "M5 8.5v8h10v-8"],
  menu: ["M3 5.5h14", "M3 10h14", "M3 14.5h14"],
  panel: ["M3 4h14v12H3z", "M12 4v12"],
  sun: [
    "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z",
    "M10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1 1M14.7 14.7l1 1M4.3 15.7l1-1M14.7 5.3l1-1",
  ],
  moon: ["M16 12.2A6.7 6.7 0 0 1 7.8 4a6.7 6.7 0 1 0 8.2 8.2z"],
  help: [
    "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15z",
    "M7.8 8a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.5",
    "M10 13.8v.2",
  ],
  down: ["M10 4v11.5", "M5 11l5 4.7 5-4.7"],
  chevron: ["M7.5 5 12.5 10l-5 5"],
  image: ["M3 4h14v12H3z", "M3.5 14l4-4 3 3 2.5-2.5 3.5 3.5"],
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const shape of SHAPES[name]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}
