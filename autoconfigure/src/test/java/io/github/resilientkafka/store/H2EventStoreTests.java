package io.github.resilientkafka.store;

import static io.github.resilientkafka.store.EventRows.NOW;
import static io.github.resilientkafka.store.EventRows.row;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The hot side of the store on H2.
 */
class H2EventStoreTests extends EventStoreContract<H2Database> {

    H2EventStoreTests() {
        super(new H2Database());
    }

    @Test
    void nothingThatUsersSendMakesAnInsertFail() {
        String nasty = "a\u0000b\uD800" + "x".repeat(100_000);
        this.store.save(List.of(
                row(1, "t", nasty, new byte[0], new byte[3_000_000], "h".repeat(2_000_000), nasty, nasty, NOW)));

        assertThat(read(lease("w"), 10).get(0).payload()).hasSize(3_000_000);
    }
}
