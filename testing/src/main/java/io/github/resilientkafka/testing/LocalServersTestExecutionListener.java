package io.github.resilientkafka.testing;

import org.springframework.context.ApplicationContext;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.support.AbstractTestExecutionListener;

/** Starts the servers of a test class again after each of its tests, whatever that did to them. */
final class LocalServersTestExecutionListener extends AbstractTestExecutionListener {

    @Override
    public void afterTestMethod(TestContext testContext) {
        if (testContext.hasApplicationContext()) {
            ApplicationContext context = testContext.getApplicationContext();
            start(context, "localPostgres");
            start(context, "localKafka");
        }
    }

    private static void start(ApplicationContext context, String name) {
        if (context.containsBean(name) && context.getBean(name) instanceof LocalServer server) {
            server.start();
        }
    }
}
