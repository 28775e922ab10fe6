// Who is who on self-hosted meeting pages; each kind of page is recognised by what it has when it is asked.
(() => {
  // By the track itself, never by its id: Janus gives the sound of every feed the same one.
  /** @type {(element: any, track: MediaStreamTrack) => boolean} */
  const holds = (element, track) =>
    element.srcObject instanceof MediaStream && element.srcObject.getTracks().includes(track);

  const SEATS = [1, 2, 3, 4, 5];

  // Janus' VideoRoom page: five seats, each with a label and a box for media elements; a seat is given to somebody else
  // when its guest leaves, so that only the feed's number tells who it is.
  const janus = {
    isHere: () => document.getElementById("videoremote1") !== null,
    guests() {
      return SEATS.flatMap((seat) => {
        const name = document.getElementById(`remote${seat}`)?.textContent.trim();
        const feed = window.feeds?.[seat];
        const media = document.querySelectorAll(`#videoremote${seat} audio, #videoremote${seat} video`);
        return name && feed ? [{ id: String(feed.rfid), name, media: [...media] }] : [];
      });
    },
  };

  // Plain pages: a tile per participant with the name and the media element in it.
  const tiles = {
    isHere: () => document.getElementById("call") !== null,
    guests() {
      /** @type {NodeListOf<HTMLElement>} */
      const found = document.querySelectorAll("#call [data-participant]");
      return [...found].map((tile) => ({
        id: tile.dataset.participant ?? "",
        name: tile.querySelector(".name")?.textContent.trim() ?? "",
        media: [...tile.querySelectorAll("audio, video")],
      }));
    },
  };

  const guests = () => [janus, tiles].find((page) => page.isHere())?.guests() ?? null;
  /** @type {(guest: Person) => Person} */
  const plain = ({ id, name }) => ({ id, name });

  window.minutebookPage = {
    participantOf(track) {
      const guest = guests()?.find(({ media }) => media.some((element) => holds(element, track)));
      return guest ? plain(guest) : null;
    },
    roster: () => guests()?.map(plain) ?? null,
  };
});
