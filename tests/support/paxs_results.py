"""What the PAXS double finds in every recording."""

TRANSCRIPTION = {
    "summary": "They agreed to launch on Thursday.",
    "language": "en",
    "speakers": [
        {"id": "speaker_1", "name": "Speaker 1", "talk_time_s": 61.0},
        {"id": "speaker_2", "name": "Speaker 2", "talk_time_s": 22.5},
    ],
    "segments": [
        {"speaker": "speaker_1", "start": 0.5, "end": 3.0, "text": "We launch on Thursday.", "words": []},
        {"speaker": "speaker_2", "start": 3.2, "end": 4.0, "text": "Agreed.", "words": []},
    ],
}
EVIDENCE = {"start": 0.5, "end": 3.0, "speaker": "Speaker 1", "quote": "We launch on Thursday."}
CONTENTS = {
    "transcription": {"content": {"transcription": TRANSCRIPTION}},
    "meeting note": {
        "markdown": "# Weekly\n\n- Launch on Thursday",
        "items": [
            {"kind": "decision", "text": "Launch on Thursday", "owner": None, "due": None, "evidence": [EVIDENCE]}
        ],
    },
    "key_points": {"key_points": [{"text": "The launch is on Thursday.", "evidence": [EVIDENCE]}]},
    "sentiment": {"overall": {"label": "positive", "score": 0.4}, "by_speaker": [], "timeline": []},
}
