package io.github.resilientkafka.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D4: MessageView")
class MessageViewTests {

    private static MessageView view(Object key, Object value, List<Header> headers) {
        return new MessageView("orders", 1, 42, key, value, Instant.EPOCH, headers);
    }

    private static Header header(String key) {
        return new RecordHeader(key, "secret".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void isReadableInALog() {
        assertThat(view("k", "{}", List.of(header("ce_id"), header("token"))))
                .hasToString(
                        "MessageView[orders-1@42, time=1970-01-01T00:00:00Z, key=k, value={}, headers=[ce_id, token]]");
        assertThat(view(null, new byte[3], List.of()))
                .hasToString(
                        "MessageView[orders-1@42, time=1970-01-01T00:00:00Z, key=null, value=3 bytes, headers=[]]");
    }

    @Test
    void isShortHoweverLongTheMessage() {
        List<Header> headers = IntStream.range(0, 5_000)
                .mapToObj(number -> header(number + "h".repeat(1_000)))
                .toList();
        assertThat(view("k".repeat(1_000_000), "v".repeat(1_000_000), headers).toString())
                .contains("... (1000000 characters)", " and 4980 more]")
                .hasSizeLessThan(4_000);
    }
}
