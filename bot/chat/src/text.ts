// For the chat's bubbles: finds the web addresses in a text, so that they can be shown as links.

export type Piece = { text: string; href?: string };

// Printable ASCII only: Chinese writing follows an address without a space.
const ADDRESS = /https?:\/\/[!#-;=?-~]+/gi;

/** The text cut at its addresses; the pieces joined are the text again. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = withoutTail(match[0]);
    if (!parsed(address)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** A picture's address if it's one a page may show, or null. */
export function pictureAddress(image: string | null): string | null {
  const address = image && parsed(image, location.href);
  return address && /^https?:$/.test(address.protocol) ? address.href : null;
}

// The full stop or bracket after an address belongs to the sentence, unless the bracket opened inside.
function withoutTail(address: string): string {
  const end = address.replace(/[.,;:!?'"*\]}]+$/, '');
  const closing = end.endsWith(')') && end.split(')').length > end.split('(').length;
  if (closing) return withoutTail(end.slice(0, -1));
  return end;
}

function parsed(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
