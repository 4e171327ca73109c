package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("N3: the error in a dead letter's header")
class ErrorChainTests {

    @Test
    void outermostToRootWithTheirMessages() {
        Throwable error = new IllegalStateException(
                "Error deserializing VALUE", new RuntimeException("in between", new ArithmeticException("no amount")));
        assertThat(ErrorChain.text(error))
                .isEqualTo("java.lang.IllegalStateException: Error deserializing VALUE;"
                        + " caused by java.lang.RuntimeException: in between;"
                        + " caused by java.lang.ArithmeticException: no amount");
    }

    @Test
    void whatOnlyRepeatsItsCauseIsToldOnce() {
        assertThat(ErrorChain.text(new RuntimeException(new ArithmeticException("no amount"))))
                .isEqualTo("java.lang.RuntimeException: java.lang.ArithmeticException: no amount");
        assertThat(ErrorChain.text(new ArithmeticException())).isEqualTo("java.lang.ArithmeticException");
    }

    @Test
    void howeverLongTheRootIsThere() {
        Throwable error = new ArithmeticException("no amount" + "!".repeat(5_000));
        for (int depth = 0; depth < 10; depth++) {
            error = new IllegalStateException("level " + depth + "-".repeat(depth == 9 ? 5_000 : 100), error);
        }
        assertThat(ErrorChain.text(error))
                .startsWith("java.lang.IllegalStateException: level 9")
                .contains("...; caused by java.lang.ArithmeticException: no amount")
                .hasSizeLessThanOrEqualTo(1_000);
    }

    @Test
    void aChainThatBitesItsTail() {
        IllegalStateException first = new IllegalStateException("first");
        first.initCause(new IllegalArgumentException("second", first));
        assertThat(ErrorChain.text(first)).contains("first", "second").hasSizeLessThanOrEqualTo(1_000);
    }
}
