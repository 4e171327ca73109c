package io.github.resilientkafka.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class EventIdsTests {

    @Test
    void anIdsBytesAreThoseOfItsText() {
        assertThat(EventIds.toAscii(UUID.fromString("01234567-89ab-cdef-0123-456789abcdef")))
                .asString()
                .isEqualTo("01234567-89ab-cdef-0123-456789abcdef");
        assertThat(EventIds.toAscii(new UUID(0, -1))).asString().isEqualTo("00000000-0000-0000-ffff-ffffffffffff");
        for (int i = 0; i < 1_000; i++) {
            UUID id = UUID.randomUUID();
            assertThat(EventIds.toAscii(id)).asString().isEqualTo(id.toString());
        }
    }
}
