/** The last part of an address: ids may be URLs. */
export function pathOf(room: string, id?: string, tab?: string): string {
  const parts = [room, ...(id === undefined ? [] : [encodeURIComponent(id)]), ...(tab === undefined ? [] : [tab])];
  return `/${parts.join('/')}`;
}
