/* SPDX-License-Identifier: MIT */
/* The table of commands and the table of options themselves; options.c reads arguments by them. */
#include "jobs.h"
#include "list.h"
#include "options.h"

const struct command_row command_rows[COMMAND_COUNT] = {
    [COMMAND_CLASSIFY] =
        {"classify", "FILE|DIR|-...", "label video, sound and image files (the command word may be left out)",
         "Looks at picture and sound of each file in one pass and prints the labels that fit best, with what was "
         "looked at, how many tokens went through the network, and the time it took. \"-\" reads one file from "
         "standard input. A directory is searched to any depth, in the order of the names; hidden files are skipped "
         "and linked directories are not followed. A file found there that holds no picture and no sound is passed "
         "over, unless its name ends like that of a media file.\n\n"
         "A still picture is labelled by an image model and a video by a video model; each takes the other's place "
         "where that is missing or --only says so. Of a video an image model labels the middle frame of each second, "
         "and a video model takes a still for a very short video.\n\n"
         "One bad file never stops a run. A file without picture or without sound is normal: the result says which "
         "was missing.\n\n"
         "For long runs there are --jobs, --shard and --journal: docs/batch.md tells what becomes of a run that is "
         "killed, fills the disk or meets files that change.",
         "polytome clip.mp4\n"
         "polytome -r off --top 3 clip.mp4 bark.wav\n"
         "polytome --format json -o labels.jsonl archive/\n"
         "find . -name '*.mkv' -print0 | polytome --files-from - -0 --format json\n"
         "polytome --files-from list --journal done.jsonl --format json -o labels.jsonl\n"
         "polytome -m videomae-kinetics/ -m ast-audioset/ clip.mp4\n"
         "polytome -m vit-base-patch16-224/ -r 2x holiday/"},
    [COMMAND_TIMELINE] =
        {"timeline", "FILE", "label a file of any length window by window, and say when what begins and ends",
         "Goes through picture and sound in one pass, in windows of the model's length, and joins neighbouring windows "
         "into events: a label's event begins where its score reaches --on and goes on while it reaches --off. Memory "
         "does not grow with the length of the file. \"-\" reads standard input.\n\n"
         "Each -o is written in the format that its name's end stands for: .json or .jsonl (JSON lines: windows, "
         "events, and a closing line on the whole file), .csv, .srt and .vtt (subtitles), .txt (labels of Audacity), "
         ".selections.txt (selection table of Raven), .ffmeta (chapters, as FFmpeg reads them) and .text. Further "
         "names that differ from it in that end only are outputs too, so that 'name.{srt,csv}' is two files whether a "
         "shell resolves the braces or not. The files appear when the run is over.",
         "polytome timeline film.mkv\n"
         "polytome timeline film.mkv -o film.{srt,csv,jsonl}\n"
         "polytome timeline --only audio --hop 0.5 --on 0.7 --min 1 birds.flac -o birds.selections.txt\n"
         "polytome timeline night.mkv --cut clips/ --overlay labelled.mp4"},
    [COMMAND_STREAM] =
        {"stream", "SOURCE", "label a camera, a microphone or the network as it comes",
         "Answers each window as soon as it is full, one line a window; JSON lines and the summary say how long after "
         "its last frame. A source is /dev/video0, alsa:default, pulse:default, rtsp(s)://, rtmp(s)://, udp://, "
         "rtp://, tcp://, http(s)://, lavfi:GRAPH (FFmpeg's generators, to try it without a camera), a FIFO, a file, "
         "or - for standard input. --audio names a second source, for the sound.\n\n"
         "Of what is live the newest window wins: where the machine does not keep up, merging is raised step by step, "
         "and then windows are dropped and counted; nothing queues up. Files, pipes and generators wait instead, "
         "unless --pace. A source that is lost is connected again, 0.5 to 30 seconds after. Ctrl-C ends the run, with "
         "a summary.\n\n"
         "--exec runs a command when an event begins and when it ends, without waiting for it. It finds in its "
         "environment POLYTOME_EVENT (begin or end), POLYTOME_LABEL, POLYTOME_MODALITY, POLYTOME_START, POLYTOME_END "
         "(seconds of the source), POLYTOME_SCORE and POLYTOME_SOURCE.",
         "polytome stream /dev/video0 --audio alsa:default --hop 1\n"
         "polytome stream rtsp://camera.local/live --json --top 1\n"
         "polytome stream udp://0.0.0.0:5000 --on 0.8 --exec 'logger \"$POLYTOME_EVENT $POLYTOME_LABEL\"'\n"
         "polytome stream lavfi:testsrc2=size=320x240:rate=25 --pace --duration 10"},
    [COMMAND_COMPARE] =
        {"compare", "FILE|DIR...", "show what more merging, or less precision, changes on your own files",
         "Labels each file twice, as A and as B, and says how often both agree on the best label, how far the logits "
         "move, which files get another label, and how much time B saves: the check to make before merging is turned "
         "up or precision down. A takes the first -r, --prop-attn and --precision, B the second. One -r is B's, and A "
         "is without merging; where there is none B merges as the models recommend. One --precision is B's, and A is "
         "f32. One --prop-attn is for both.\n\n"
         "A difference of logits is the mean over all labels and files, the one of scores is that of A's best label. "
         "The time is that of the network alone, over all files.",
         "polytome compare clips/ -r 65\n"
         "polytome compare clips/ -r off --precision int8\n"
         "polytome compare -m ast-audioset/ sounds/ -r 20 -r 40\n"
         "polytome compare -m videomae-kinetics/ clips/ -r 65 -r 65 --prop-attn off --prop-attn on"},
    [COMMAND_EXPLAIN] =
        {"explain", "FILE -o FILE.png|FILE.svg|FILE.mp4", "draw which patches of a file ended in the same token",
         "Each group of patches that merged into one token is filled with its mean colour and has an edge of its own; "
         "what the network did not see is darkened. A .png or .svg shows a still picture, one window of a video (the "
         "first frame of each tube, as it is and as it merged), or the spectrogram of one window of sound. An .mp4 "
         "shows a whole video at its own size and rate. The picture is drawn where the file has one that a model "
         "labels, else the sound; --only decides otherwise.",
         "polytome explain clip.mp4 -o merged.mp4\n"
         "polytome explain clip.mp4 -r 40 --start 1:30 -o sheet.png\n"
         "polytome explain clip.mp4 --only audio -o sound.svg\n"
         "polytome explain -m vit-base-patch16-224/ -r 8 photo.jpg -o photo.png"},
    [COMMAND_CHECK] =
        {"check", "[MODEL]", "prove a model against reference answers",
         "Runs the network once and compares its logits, and the map of merged tokens, with expected ones. Without "
         "--input it runs the self-test stored in the model, for each modality that the model brings. The exit status "
         "is 1 where the answers differ.",
         "polytome check\n"
         "polytome check ast/ --input input.npy --expect logits.npy --expect-source source.npy -r 40"},
    [COMMAND_INFO] =
        {"info", "[MODEL...]", "show what a model is, takes and answers",
         "Where none is named: that of the environment's POLYTOME_MODEL, or else the one that ships with polytome.",
         "polytome info --labels\n"
         "polytome info --format json videomae-kinetics/"},
    [COMMAND_BENCH] =
        {"bench", "[FILE...]", "time the network, stage by stage, for one or more merging schedules",
         "Times the network on a synthetic input, with one row for each schedule: without merging and with the model's "
         "own, unless -r asks for others. The rate of plain matrix products is measured in the same run. For each FILE "
         "decoding and features are timed as well, with the last schedule.",
         "polytome bench\n"
         "polytome bench --modality video -r 'off 20 40 40:-1' --threads 1\n"
         "polytome bench --format json clip.mp4"},
    [COMMAND_PACK] =
        {"pack", "MODEL... -o FILE.safetensors", "write models into one self-describing file",
         "Joins up to three models, each of another modality: checkpoint directories, or files of 'pack'. The result "
         "holds the weights, as they are or in --precision, labels, preprocessing, licence, the recommended merging "
         "and a self-test that 'check FILE' runs; it behaves as the models do. The shipped model is not among what "
         "can be joined.",
         "polytome pack videomae-kinetics/ ast-audioset/ -o both.safetensors\n"
         "polytome pack vit-base-patch16-224/ -r 2x --licence Apache-2.0 -o vit.safetensors\n"
         "polytome pack videomae-kinetics/ --precision int8 -o small.safetensors\n"
         "polytome check both.safetensors"},
    [COMMAND_SERVE] =
        {"serve", "", "answer requests of another program, line by line, with the models kept open",
         "Reads one JSON object a line from standard input and answers each with one line on standard output, in "
         "order: {\"id\": 7, \"path\": \"clip.mp4\"}, or in base 64 a whole file as \"data\", pictures as "
         "\"frames\" (raw RGB where \"width\" and \"height\" stand beside them), or float32 as \"samples\" with "
         "their \"sample_rate\"; {\"op\": \"info\"} asks for the models, {\"op\": \"ping\"} for a sign of "
         "life. A request may bring \"top\", "
         "\"threshold\", \"only\", \"start\", \"duration\", \"sampling\", \"r\", \"logits\" and "
         "\"trace\" of its own; otherwise the options given here hold.\n\n"
         "An answer is the line of 'classify --format json' with the id in front, or the number of the line where "
         "there was none. What is wrong with a request is said in its answer, and the next one is read. The end of "
         "the input ends the command.",
         "echo '{\"id\": 1, \"path\": \"clip.mp4\"}' | polytome serve\n"
         "polytome serve -m videomae-kinetics/ -r 2x --top 1 < requests.jsonl > answers.jsonl"},
    [COMMAND_VERSION] = {"version", "", "print the version", "", ""},
    [COMMAND_HELP] = {"help", "[COMMAND]", "show this help, or the one of a command", "", ""},
};

#define ON(command) (1u << COMMAND_##command)
#define FIELD(field) offsetof(struct options, field)
#define READS (ON(CLASSIFY) | ON(COMPARE)) /* files of any kind and number */
#define LABELS (READS | ON(SERVE))
#define OVER_TIME (ON(TIMELINE) | ON(STREAM))
#define LOOKS (LABELS | OVER_TIME | ON(EXPLAIN)) /* files */
#define RUNS (LOOKS | ON(CHECK) | ON(BENCH))
#define MODALITIES "all|video|audio|image"
#define PRECISIONS "auto|f32|bf16|int8"
#define PRECISION_HELP                                                                                                 \
    "Arithmetic of the linear layers, and of attention where 16 bits are fast: f32 gives the reference's logits, "     \
    "int8 is 1.4 to 3.3 times as fast and a little off, bf16 pays on processors that run it at full rate (auto: f32, " \
    "unless the model was packed in another)"
#define SCHEDULE_HELP                                                                                              \
    "off, R, R:INFLECT (16:-1 falls from 32 to 0), R0,R1,..., auto (the model's own), or a budget that is turned " \
    "into a schedule: 2x, 6GFLOP or 40ms"

const struct option_row option_rows[] = {
    {"model", 'm', OPTION_LIST, "MODEL", FIELD(models), 0, MODALITY_COUNT, LOOKS | ON(BENCH),
     "Checkpoint directory or .safetensors file to use instead of the shipped model; up to three times, as one model "
     "may bring video and another sound."},
    {"merge", 'r', OPTION_TEXT, "SCHEDULE", FIELD(session.r), 0, 0,
     ON(CLASSIFY) | OVER_TIME | ON(EXPLAIN) | ON(CHECK) | ON(SERVE),
     "Tokens merged in each block: " SCHEDULE_HELP " (default: auto)."},
    {"merge", 'r', OPTION_LIST, "SCHEDULES", FIELD(schedules), 0, OPTIONS_MAX_LIST, ON(BENCH),
     "Merging schedules to time, separated by spaces; may be given more than once. Their passes take turns; the "
     "speed-up over the first is the median of the ratios within a turn. Each is " SCHEDULE_HELP "."},
    {"merge", 'r', OPTION_LIST, "SCHEDULE", FIELD(schedules), 0, 2, ON(COMPARE),
     "Tokens merged in each block, given twice for A and B: " SCHEDULE_HELP "."},
    {"merge", 'r', OPTION_TEXT, "SCHEDULE", FIELD(recommended), 0, 0, ON(PACK),
     "Merging to recommend to whoever uses the file, for every model in it: a schedule, a speed-up or a cost, as 65, "
     "16:-1, 2x or 6GFLOP (default: what the models recommend)."},
    {"prop-attn", 0, OPTION_CHOICE, "auto|off|on", FIELD(session.prop_attn), -1, 0, RUNS & ~ON(COMPARE),
     "Proportional attention, by which a merged token weighs as much as what it stands for (auto: as the model says)."},
    {"prop-attn", 0, OPTION_CHOICES, "auto|off|on", FIELD(prop_attns), -1, 2, ON(COMPARE),
     "Proportional attention, by which a merged token weighs as much as what it stands for (auto: as the model says); "
     "given twice for A and B."},
    {"protect", 0, OPTION_INT, "N", FIELD(session.protect), 0, 65536, RUNS,
     "Keep the first N tokens from merging, where that is more than the model's own special tokens (default: 0)."},
    {"static", 0, OPTION_REAL, "T", FIELD(session.static_threshold), 0, 100, RUNS & ~(ON(COMPARE) | ON(BENCH)),
     "Leave out the patches of a video that differ from the tube before by at most T in the mean of "
     "ImageNet-normalised pixels; 0.1 is a good start (default: 0, which leaves out none)."},
    {"static", 0, OPTION_REAL, "T", FIELD(session.static_threshold), 0, 100, ON(COMPARE),
     "In B leave out the patches of a video that differ from the tube before by at most T in the mean of "
     "ImageNet-normalised pixels (default: 0, which leaves out none)."},
    {"only", 0, OPTION_CHOICE, MODALITIES, FIELD(modality), 0, 0, LOOKS,
     "Look only at the picture, as a video or as stills, or only at the sound (default: all)."},
    {"modality", 0, OPTION_CHOICE, MODALITIES, FIELD(modality), 0, 0, ON(CHECK) | ON(INFO) | ON(BENCH),
     "The part of the model to use (default: all that it brings)."},
    {"top", 0, OPTION_INT, "K", FIELD(top), 0, 1000000, ON(CLASSIFY) | OVER_TIME | ON(SERVE),
     "Labels to print, 0 for all (default: 5)."},
    {"threshold", 0, OPTION_REAL, "P", FIELD(threshold), 0, 1, ON(CLASSIFY) | OVER_TIME | ON(SERVE),
     "Print only labels with at least this score, from 0 to 1 (default: 0)."},
    {"logits", 0, OPTION_SET, NULL, FIELD(logits), 1, 0, ON(CLASSIFY) | OVER_TIME | ON(SERVE),
     "Add the raw logit of each label (JSON only)."},
    {"trace", 0, OPTION_SET, NULL, FIELD(trace), 1, 0, ON(CLASSIFY) | ON(SERVE),
     "Show the tokens that enter each block, and those that leave the last."},
    {"sampling", 0, OPTION_CHOICE, "auto|uniform|windows|first", FIELD(sampling), 0, 0, LABELS,
     "What to look at: one window spread over the file, windows side by side over all of it, or the first window only "
     "(auto: as the model was trained; for sound uniform means windows)."},
    {"window", 0, OPTION_TIME, "TIME", FIELD(timeline.window), 0.001, 86400, OVER_TIME,
     "Span of a window of video or sound (default: as the model was trained; of a video model without a frame rate, "
     "such as VideoMAE or ViViT, its frames at 7.5 a second)."},
    {"hop", 0, OPTION_TIME, "TIME", FIELD(timeline.hop), 0.001, 86400, OVER_TIME,
     "Time from the start of one window to the start of the next (default: a window's length, of still pictures a "
     "second)."},
    {"on", 0, OPTION_REAL, "P", FIELD(events.on), 0, 1, OVER_TIME,
     "An event begins with a window whose score reaches this (default: 0.5)."},
    {"off", 0, OPTION_REAL, "P", FIELD(events.off), 0, 1, OVER_TIME,
     "An event goes on while scores reach this (default: 0.35, or --on where that is less)."},
    {"min", 0, OPTION_TIME, "TIME", FIELD(events.min_seconds), 0, 1e9, OVER_TIME,
     "Leave out events that are shorter (default: 0)."},
    {"best", 0, OPTION_SET, NULL, FIELD(best_only), 1, 0, OVER_TIME,
     "Only the best label of a window holds: one event at a time in picture and in sound."},
    {"rows", 0, OPTION_CHOICE, "auto|events|windows|all", FIELD(rows), ROWS_AUTO, 0, OVER_TIME,
     "What to write: events, the labels of each window, or both (auto: both as JSON and by 'stream', else events). "
     "Subtitles and chapters always hold events."},
    {"cut", 0, OPTION_TEXT, "DIR", FIELD(cut), 0, 0, ON(TIMELINE),
     "Write each event as a file of its own there, its packets copied as they are: a video begins with the key frame "
     "at or before the event."},
    {"overlay", 0, OPTION_TEXT, "FILE.mp4", FIELD(overlay), 0, 0, ON(TIMELINE),
     "Write the video with its labels and a strip of their scores drawn into it, the sound kept; a second pass."},
    {"audio", 0, OPTION_TEXT, "SOURCE", FIELD(live.audio), 0, 0, ON(STREAM),
     "A second source, for the sound: alsa:default."},
    {"exec", 0, OPTION_TEXT, "COMMAND", FIELD(exec), 0, 0, ON(STREAM),
     "Run this by the shell when an event begins and when it ends; the event is in its environment."},
    {"pace", 0, OPTION_SET, NULL, FIELD(pace), 1, 0, ON(STREAM),
     "Read a file or a generator at the speed of its time stamps, as if it were live."},
    {"no-adapt", 0, OPTION_SET, NULL, FIELD(no_adapt), 1, 0, ON(STREAM),
     "Never raise merging: drop windows where the machine does not keep up."},
    {"stall", 0, OPTION_TIME, "TIME", FIELD(live.stall), 0.1, 86400, ON(STREAM),
     "Treat a camera or a sender as lost after this long without data (default: 10)."},
    {"input-format", 0, OPTION_TEXT, "FORMAT", FIELD(live.format), 0, 0, ON(STREAM),
     "What the source holds, as FFmpeg names it: rawvideo, mpegts ... (default: told by its content)."},
    {"input-options", 0, OPTION_TEXT, "KEY=VALUE:...", FIELD(live.settings), 0, 0, ON(STREAM),
     "Settings of FFmpeg for that format, protocol or device: video_size=640x480:framerate=30."},
    {"start", 0, OPTION_TIME, "TIME", FIELD(classify.start), 0, 1e9, LOOKS & ~ON(STREAM),
     "Begin here: seconds or [HH:]MM:SS."},
    {"duration", 0, OPTION_TIME, "TIME", FIELD(classify.duration), 0, 1e9, LABELS | OVER_TIME,
     "Look at no more than this; 0 goes to the end (default: 0)."},
    {"duration", 0, OPTION_TIME, "TIME", FIELD(classify.duration), 0, 1e9, ON(EXPLAIN),
     "Look at no more than this (default: the first window, of an .mp4 the whole video)."},
    {"files-from", 0, OPTION_TEXT, "LIST", FIELD(files_from), 0, 0, READS,
     "Read names of files and directories, one a line, from this file; - is standard input."},
    {"null", '0', OPTION_SET, NULL, FIELD(list_format), LIST_NUL, 0, READS,
     "Names in the list end with a NUL byte instead of a newline."},
    {"jsonl", 0, OPTION_SET, NULL, FIELD(list_format), LIST_JSON, 0, READS,
     "Lines of the list are JSON objects with a \"path\" and, where you like, an \"id\" that comes back in the "
     "result."},
    {"shard", 0, OPTION_SHARD, "I/N", FIELD(shard), 0, 1000000, READS,
     "Take only part I of N of all files; which part a file belongs to depends on its path alone."},
    {"jobs", 'j', OPTION_INT, "N", FIELD(jobs), 0, JOBS_MAX_WORKERS, ON(CLASSIFY),
     "Work on N files at a time, 0 for as many as there are threads, which those at work share out among them "
     "(default: 0)."},
    {"unordered", 0, OPTION_SET, NULL, FIELD(unordered), 1, 0, ON(CLASSIFY),
     "Write results as soon as they are ready instead of in the order of the files."},
    {"journal", 0, OPTION_TEXT, "FILE", FIELD(journal), 0, 0, ON(CLASSIFY),
     "Keep in this file what is done: a run that was cut short and is started again takes it from there."},
    {"timeout-per-file", 0, OPTION_TIME, "TIME", FIELD(timeout), 0, 1e9, ON(CLASSIFY),
     "Give up on a file that takes longer, with its part of the threads (--jobs); 0 never does (default: 0)."},
    {"timeout-per-request", 0, OPTION_TIME, "TIME", FIELD(timeout), 0, 1e9, ON(SERVE),
     "Give up on a request that takes longer, as for a pipe that nobody writes into; 0 never does (default: 0)."},
    {"max-errors", 0, OPTION_INT, "N", FIELD(max_errors), 0, 1000000000, READS,
     "End the run when N inputs have failed; 0 never does (default: 0)."},
    {"fail-fast", 0, OPTION_SET, NULL, FIELD(max_errors), 1, 0, READS, "The same as --max-errors 1."},
    {"max-memory", 0, OPTION_SIZE, "SIZE", FIELD(max_memory), 1048576, 1e15, ON(CLASSIFY),
     "Take no more memory than this, as in 512M or 2G: fewer jobs where they would not fit, and an error for a file "
     "that needs more."},
    {"input", 0, OPTION_TEXT, "FILE.npy", FIELD(check.input), 0, 0, ON(CHECK),
     "Network input: float32, batch of 1, in the layout of the family's own processor."},
    {"expect", 0, OPTION_TEXT, "FILE.npy", FIELD(check.expect), 0, 0, ON(CHECK), "Logits to compare with."},
    {"expect-source", 0, OPTION_TEXT, "FILE.npy", FIELD(check.expect_source), 0, 0, ON(CHECK),
     "Source map to compare with: for each input token the output token that it ended in."},
    {"tolerance", 0, OPTION_REAL, "T", FIELD(tolerance), 0, 1000, ON(CHECK),
     "Allowed difference: T * (1 + |expected|) (default: 2e-4, in a self-test 2e-3 and with merging 0.03; with "
     "--precision bf16 0.02, with int8 0.1, with either and merging 0.3)."},
    {"output", 'o', OPTION_TEXT, "FILE.npy", FIELD(check.output), 0, 0, ON(CHECK), "Write the logits here."},
    {"source", 0, OPTION_TEXT, "FILE.npy", FIELD(check.source), 0, 0, ON(CHECK), "Write the source map here."},
    {"labels", 0, OPTION_SET, NULL, FIELD(labels), 1, 0, ON(INFO), "List the labels."},
    {"seconds", 0, OPTION_REAL, "S", FIELD(bench.seconds), 0.001, 3600, ON(BENCH),
     "Time to spend on each row, on average, after one warm-up (default: 2)."},
    {"plot", 0, OPTION_TEXT, "FILE.svg", FIELD(plot), 0, 0, ON(BENCH),
     "Draw the rows: speed against merging, and where the time goes."},
    {"threads", 0, OPTION_INTS, "N", FIELD(threads), 0, 1024, ON(BENCH),
     "Threads of the network, 0 for one each processor; may be given more than once (default: 0)."},
    {"threads", 0, OPTION_INT, "N", FIELD(session.threads), 0, 1024, RUNS & ~ON(BENCH),
     "Threads of the network, 0 for one each processor (default: 0); the answer is the same for any number."},
    {"batch", 0, OPTION_INTS, "N", FIELD(batches), 1, 64, ON(BENCH),
     "Windows that share a pass over the weights; the times are those of one window; may be given more than once "
     "(default: 1)."},
    {"batch", 0, OPTION_INT, "N", FIELD(session.batch), 0, 64, LABELS | ON(TIMELINE),
     "Windows, of one file or of several, that may share a pass over the weights; the answer is the same for any "
     "number (default: 0, as many as make it faster)."},
    {"precision", 0, OPTION_CHOICE, PRECISIONS, FIELD(session.precision), PTM_AUTO, 0,
     RUNS & ~(ON(BENCH) | ON(COMPARE)), PRECISION_HELP "."},
    {"precision", 0, OPTION_CHOICES, PRECISIONS, FIELD(precisions), PTM_AUTO, 4, ON(BENCH),
     PRECISION_HELP "; may be given more than once."},
    {"precision", 0, OPTION_CHOICES, PRECISIONS, FIELD(precisions), PTM_AUTO, 2, ON(COMPARE),
     PRECISION_HELP "; given twice for A and B. Once it is B's, and A is f32."},
    {"precision", 0, OPTION_CHOICE, PRECISIONS, FIELD(pack.precision), PTM_AUTO, 0, ON(PACK),
     "Store the linear layers of the blocks in this precision: int8 makes the file about a quarter as large, and it "
     "then runs in int8 unless told otherwise (auto: as they are)."},
    {"cpu", 0, OPTION_NAME, "auto|scalar|avx2|avx512|amx|neon", FIELD(session.cpu), 0, 0, RUNS,
     "Kernels to use (auto: the best that this processor has)."},
    {"format", 0, OPTION_CHOICE, "text|json", FIELD(format), FORMAT_TEXT, 0, READS | ON(INFO) | ON(BENCH),
     "Text for reading, or one JSON object a line (default: text)."},
    {"format", 0, OPTION_CHOICE, "text|json|csv|srt|vtt|audacity|raven|chapters", FIELD(form), 0, 0, OVER_TIME,
     "Format of standard output, or of the one output (default: text, or as the end of the name says)."},
    {"json", 0, OPTION_SET, NULL, FIELD(form), 1, 0, OVER_TIME, "The same as --format json."},
    {"json", 0, OPTION_SET, NULL, FIELD(format), FORMAT_JSON, 0, READS | ON(INFO) | ON(BENCH),
     "The same as --format json."},
    {"output", 'o', OPTION_TEXT, "FILE", FIELD(output), 0, 0, READS,
     "Write the results here instead of standard output; the file appears when the run is over."},
    {"output", 'o', OPTION_LIST, "FILE", FIELD(outputs), 0, OPTIONS_MAX_LIST, ON(TIMELINE),
     "Write the timeline here instead of to standard output, -; may be given more than once. The end of the name says "
     "the format. The file appears when the run is over."},
    {"output", 'o', OPTION_LIST, "FILE", FIELD(outputs), 0, OPTIONS_MAX_LIST, ON(STREAM),
     "Write here instead of to standard output, -; may be given more than once. The end of the name says the format. "
     "Rows are there at once, behind those that the file holds; subtitles and chapters appear at the end."},
    {"output", 'o', OPTION_TEXT, "FILE", FIELD(output), 0, 0, ON(EXPLAIN),
     "Write the picture here; the name's end, .png, .svg or .mp4, says what it is. The file appears when it is "
     "finished."},
    {"output", 'o', OPTION_TEXT, "FILE", FIELD(output), 0, 0, ON(PACK),
     "Write the packed file here; it appears when it is finished. - is standard output."},
    {"name", 0, OPTION_TEXT, "NAME", FIELD(pack.name), 0, 0, ON(PACK),
     "Name of the packed model (default: the names of the models, joined by +)."},
    {"licence", 0, OPTION_TEXT, "TEXT", FIELD(pack.licence), 0, 0, ON(PACK),
     "Licence of the weights (default: what the models say)."},
    {"max-pixels", 0, OPTION_INT64, "N", FIELD(classify.max_pixels), 1, 1099511627776.0, LOOKS & ~ON(SERVE),
     "Refuse pictures with more pixels (default: 67108864)."},
    {"max-pixels", 0, OPTION_INT64, "N", FIELD(classify.max_pixels), 1, 1099511627776.0, ON(SERVE),
     "Refuse pictures with more pixels, and requests with 16 times as many together (default: 67108864)."},
    {"max-frames", 0, OPTION_INT64, "N", FIELD(classify.max_frames), 1, 1e15, LOOKS & ~ON(STREAM),
     "Refuse to decode more frames of one file (default: 10000000)."},
    {"max-seconds", 0, OPTION_TIME, "TIME", FIELD(classify.max_seconds), 0.001, 1e9, LOOKS & ~ON(STREAM),
     "Refuse to go through more media time of one file (default: 86400)."},
    {"max-seconds", 0, OPTION_TIME, "TIME", FIELD(classify.max_seconds), 0.001, 1e9, ON(STREAM),
     "Refuse a picture that is shown for longer (default: 86400)."},
    {"max-request-bytes", 0, OPTION_INT64, "N", FIELD(max_request_bytes), 1, 1099511627776.0, ON(SERVE),
     "Refuse longer requests (default: 67108864)."},
    {"progress", 0, OPTION_SET, NULL, FIELD(progress), 1, 0, READS | ON(TIMELINE),
     "Show progress even where standard error is not a terminal."},
    {"no-progress", 0, OPTION_SET, NULL, FIELD(progress), 0, 0, READS | ON(TIMELINE), "Show no progress."},
    {"quiet", 'q', OPTION_SET, NULL, FIELD(verbosity), -1, 0, (LOOKS & ~ON(SERVE)) | ON(PACK),
     "Print no progress and no summary, only results and errors."},
    {"verbose", 'v', OPTION_SET, NULL, FIELD(verbosity), 1, 0, READS | ON(BENCH),
     "Say more: the files passed over and a summary; with bench the tokens that enter each block."},
    {"man", 0, OPTION_SET, NULL, FIELD(manual), 1, 0, ON(HELP), NULL},
    {"completion", 0, OPTION_NAME, "bash", FIELD(completion), 0, 0, ON(HELP), NULL},
    {"help", 'h', OPTION_SET, NULL, FIELD(help), 1, 0, (1u << COMMAND_COUNT) - 1, "Show this help."},
};

const ptm_modality modalities[MODALITY_COUNT] = {PTM_VIDEO, PTM_AUDIO, PTM_IMAGE};

const size_t option_count = sizeof option_rows / sizeof *option_rows;
