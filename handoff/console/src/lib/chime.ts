// For alerts: two quiet notes, made here, so that no sound file is needed.

const NOTES = { offer: [660, 880], message: [590] } as const;
const LOUDNESS = 0.05;
const NOTE_S = 0.16;

let audio: AudioContext | null = null;

/** Plays a few notes; silent where the browser does not allow sound before the first click. */
export function chime(kind: keyof typeof NOTES): void {
  audio ??= new AudioContext();
  if (audio.state !== 'running') void audio.resume();
  NOTES[kind].forEach((pitch, index) => note(audio as AudioContext, pitch, index * NOTE_S));
}

function note(context: AudioContext, pitch: number, delay: number): void {
  const start = context.currentTime + delay;
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = pitch;
  volume.gain.setValueAtTime(LOUDNESS, start);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + NOTE_S * 2);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + NOTE_S * 2);
}
