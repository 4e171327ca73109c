package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Entry.CircuitOpened;
import io.github.resilientkafka.chaos.Entry.Ended;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Entry.Refused;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What one run of an application writes down. Every line is given to the operating system before the call returns, so it
 * outlives {@code kill -9}. Thread-safe.
 */
final class Journal {

    private static final String PREFIX = "journal-";

    private final OutputStream file;

    private final int incarnation;

    /** Begins the journal of the next run in a directory. */
    Journal(Path directory) {
        try {
            this.incarnation = count(directory) + 1;
            this.file =
                    Files.newOutputStream(directory.resolve(PREFIX + this.incarnation), StandardOpenOption.CREATE_NEW);
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    int incarnation() {
        return this.incarnation;
    }

    void published(String topic, String key, Payload payload) {
        write("published " + System.currentTimeMillis() + " " + topic + " " + key + " " + payload);
    }

    void kept(Payload payload, Enum<?> outcome) {
        write("kept " + System.currentTimeMillis() + " " + payload + " " + outcome);
    }

    void refused(Payload payload, Throwable error) {
        write("refused " + System.currentTimeMillis() + " " + payload + " "
                + error.getClass().getSimpleName());
    }

    void handled(String group, Position position, Payload payload) {
        write("handled " + System.currentTimeMillis() + " " + group + " " + position.topic() + " "
                + position.partition() + " " + position.offset() + " " + payload);
    }

    void circuitOpened() {
        write("opened " + System.currentTimeMillis());
    }

    void ended() {
        write("ended " + System.currentTimeMillis() + " " + this.incarnation);
    }

    private void write(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            synchronized (this.file) {
                this.file.write(bytes);
            }
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Reads all journals of an instance's directory, run by run. */
    static List<Entry> readAll(Path directory) {
        List<Entry> entries = new ArrayList<>();
        String instance = directory.getFileName().toString();
        try {
            for (int run = 1; run <= count(directory); run++) {
                String text = Files.readString(directory.resolve(PREFIX + run));
                // The kill may have torn the last line.
                text.substring(0, text.lastIndexOf('\n') + 1)
                        .lines()
                        .map(line -> parse(instance, line))
                        .forEach(entries::add);
            }
        } catch (IOException ex) {
            throw new UncheckedIOException(ex);
        }
        return entries;
    }

    private static Entry parse(String instance, String line) {
        String[] words = line.split(" ");
        long millis = Long.parseLong(words[1]);
        return switch (words[0]) {
            case "published" -> new Published(millis, words[2], words[3], Payload.parse(words[4]));
            case "kept" -> new Kept(millis, Payload.parse(words[2]), words[3]);
            case "refused" -> new Refused(millis, Payload.parse(words[2]), words[3]);
            case "handled" ->
                new Handled(
                        millis,
                        instance,
                        words[2],
                        new Position(words[3], Integer.parseInt(words[4]), Long.parseLong(words[5])),
                        Payload.parse(words[6]));
            case "opened" -> new CircuitOpened(millis, instance);
            case "ended" -> new Ended(millis, instance, Integer.parseInt(words[2]));
            default -> throw new IllegalArgumentException("Not a line of a journal: " + line);
        };
    }

    /** How many runs there have been. */
    static int count(Path directory) {
        int count = 0;
        while (Files.exists(directory.resolve(PREFIX + (count + 1)))) {
            count++;
        }
        return count;
    }
}
