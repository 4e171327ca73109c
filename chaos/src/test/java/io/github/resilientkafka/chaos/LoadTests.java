package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.chaos.Entry.Refused;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.PublisherClosedException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadTests {

    @TempDir
    Path directory;

    @Test
    void whatIsThrownAtItIsWrittenDownAndItGoesOnUntilThePublisherIsClosed() throws Exception {
        Path own = Files.createDirectory(this.directory.resolve("a"));
        Switches switches = new Switches(own);
        switches.load(true);
        AtomicInteger calls = new AtomicInteger();
        EventPublisher publisher = (EventPublisher) Proxy.newProxyInstance(
                EventPublisher.class.getClassLoader(),
                new Class<?>[] {EventPublisher.class},
                (proxy, method, event) -> {
                    throw (calls.incrementAndGet() <= 4)
                            ? new UnsupportedOperationException()
                            : new PublisherClosedException();
                });
        Load load = new Load(publisher, new Journal(own), switches, "a", 1_000, 0);
        load.start();
        load.close();
        List<String> errors = Journal.readAll(own).stream()
                .filter(Refused.class::isInstance)
                .map(entry -> ((Refused) entry).error())
                .toList();
        assertThat(errors)
                .hasSize(6)
                .filteredOn("UnsupportedOperationException"::equals)
                .hasSize(4);
    }
}
