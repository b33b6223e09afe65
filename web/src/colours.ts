// A colour for each class of findings: the order of src/image/overlay_ink.c, the palette of Okabe
// and Ito, with the dark colours lighter so that text in them is legible on a dark film.

const colours = ['#e69f00', '#56b4e9', '#f0e442', '#e59ac6', '#1fc795', '#ff8244', '#8d9bff'];

export const colourOf = (label: number): string => colours[label % colours.length] ?? '#ffffff';
