package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class CommitWatchTests {

    @Test
    @DisplayName("A watch that has ended early says so: commits that nobody has seen prove nothing")
    void endedEarly() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Admin broken = (Admin) Proxy.newProxyInstance(
                Admin.class.getClassLoader(), new Class<?>[] {Admin.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("close")) {
                        return null;
                    }
                    asked.countDown();
                    throw new IllegalStateException("broken");
                });
        try (CommitWatch watch = new CommitWatch(broken)) {
            asked.await();
            assertThat(watch.finish())
                    .isEqualTo("The watch of commits has ended: java.lang.IllegalStateException: broken");
        }
    }
}
