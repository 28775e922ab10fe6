// Ids for people of whom a page tells nothing but names: who is renamed keeps the id, and namesakes have one each. Where not
// everybody is shown, a name that takes another's place is somebody else's.
(() => {
  /** @type {Map<string, string>} */
  const lastNames = new Map(); // by id, of everybody who was ever there
  /** @type {{id: string, name: string}[]} */
  let present = [];

  /** @type {(name: string, taken: Set<string>) => string} */
  function freeId(name, taken) {
    const fits = (/** @type {string} */ id) => !taken.has(id) && (lastNames.get(id) ?? name) === name;
    if (fits(name)) return name;
    let number = 2;
    while (!fits(`${name} #${number}`)) number++;
    return `${name} #${number}`;
  }

  /** @type {(names: string[], everybody: boolean) => {id: string, name: string}[]} */
  return function identified(names, everybody) {
    const left = [...present];
    const people = names.map((name) => {
      const at = left.findIndex((person) => person.name === name);
      return at < 0 ? { id: "", name } : left.splice(at, 1)[0];
    });
    const unknown = people.filter(({ id }) => !id);
    // One name went and one came in the same moment: that is a rename.
    if (everybody && unknown.length === 1 && left.length === 1 && people.length === present.length) unknown[0].id = left[0].id;
    const taken = new Set(people.map(({ id }) => id));
    for (const person of people) {
      person.id ||= freeId(person.name, taken);
      taken.add(person.id);
      lastNames.set(person.id, person.name);
    }
    present = people.map((person) => ({ ...person }));
    return people;
  };
})()
