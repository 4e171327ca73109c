package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Entry.CircuitOpened;
import io.github.resilientkafka.chaos.Entry.Ended;
import io.github.resilientkafka.chaos.Entry.Handled;
import io.github.resilientkafka.chaos.Entry.Kept;
import io.github.resilientkafka.chaos.Entry.Published;
import io.github.resilientkafka.chaos.Entry.Refused;
import io.github.resilientkafka.chaos.Payload.Kind;
import io.github.resilientkafka.message.PublishResult.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTests {

    @TempDir
    Path directory;

    @Test
    void everythingIsReadAgainRunByRun() throws Exception {
        Path own = Files.createDirectory(this.directory.resolve("b"));
        Payload payload = new Payload("b", 1, 7, Kind.FLAKY);
        Position position = new Position("orders", 2, 3);
        Journal journal = new Journal(own);
        journal.published("orders", "key", payload);
        journal.kept(payload, Outcome.STORED);
        journal.refused(payload, new IllegalStateException());
        journal.handled("audit", position, payload);
        journal.circuitOpened();
        journal.ended();
        Files.writeString(own.resolve("journal-1"), "publ", StandardOpenOption.APPEND);
        new Journal(own).ended();
        assertThat(Journal.readAll(own))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("millis")
                .containsExactly(
                        new Published(0, "orders", "key", payload),
                        new Kept(0, payload, "STORED"),
                        new Refused(0, payload, "IllegalStateException"),
                        new Handled(0, "b", "audit", position, payload),
                        new CircuitOpened(0, "b"),
                        new Ended(0, "b", 1),
                        new Ended(0, "b", 2))
                .allMatch(entry -> entry.millis() > 0);
    }
}
